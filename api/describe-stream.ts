/**
 * Describes a stream's events as OpenAPI 3.1 can: the schema of `text/event-stream` is that of one event, with the fields that a
 * parser of server-sent events returns. OpenAPI 3.2 has a keyword for this, but few generators of clients know it yet.
 */
import { z } from 'zod';
import { STREAM_EVENTS, type StreamEventName } from '../contract/stream-event.ts';
import { POSITION_PATTERN } from '../stream/item.ts';

/** The names of the schemas of each event's data. */
export const EVENT_DATA = {
  entry: 'Entry',
  rewind: 'Rewind',
  delta: 'Delta',
  progress: 'Progress',
} as const satisfies Record<StreamEventName, string>;

const position = z.string().regex(POSITION_PATTERN);

const PLACED = position.describe(
  'Your position after it, `<seq>.<revision>`: send it as Last-Event-ID.',
);
const LIVE = position
  .optional()
  .describe('The event has no id: a parser repeats that of the event before.');

export const streamEvent = z
  .discriminatedUnion('event', [
    eventOf('entry', PLACED, 'An entry of the log.'),
    eventOf('rewind', PLACED),
    eventOf('delta', LIVE),
    eventOf('progress', LIVE),
  ])
  .describe(
    'One event. Later versions may send events with other names: ignore those. A stream also has `retry`, the milliseconds ' +
      'to wait before a reconnect, and a comment every 15 seconds.',
  );

function eventOf(
  name: StreamEventName,
  id: z.ZodType,
  purpose = STREAM_EVENTS[name].description ?? '',
) {
  return z
    .looseObject({
      event: z.literal(name),
      id,
      data: z.string().meta({
        contentMediaType: 'application/json',
        contentSchema: { $ref: `#/components/schemas/${EVENT_DATA[name]}` },
      }),
    })
    .describe(purpose);
}

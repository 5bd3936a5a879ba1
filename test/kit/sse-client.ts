/**
 * A reader of server-sent events over a socket, for tests: it sees status, headers and every event, and reconnects never. Events that
 * docs/openapi.json does not describe are errors.
 */
import { get, type IncomingMessage } from 'node:http';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { checkDescribed } from './described-events.ts';

export interface SseConnection {
  status: number;
  response: IncomingMessage;
  /** Every comment so far. */
  comments: string[];
  retry: number | undefined;
  /** The next event; undefined when the stream has ended. */
  next(): Promise<EventSourceMessage | undefined>;
  take(count: number): Promise<EventSourceMessage[]>;
  /** All until the end. */
  rest(): Promise<EventSourceMessage[]>;
  /** Goes away without a word. */
  vanish(): void;
}

export async function connectSse(
  url: string,
  headers: Record<string, string> = {},
): Promise<SseConnection> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { headers, agent: false }, resolve).on('error', reject);
  });
  response.setEncoding('utf8');
  const waiting: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent(event) {
      checkDescribed(event);
      waiting.push(event);
    },
    onComment: (comment) => void connection.comments.push(comment),
    onRetry: (retry) => void (connection.retry = retry),
  });
  const chunks = response[Symbol.asyncIterator]();

  const connection: SseConnection = {
    status: response.statusCode!,
    response,
    comments: [],
    retry: undefined,
    async next() {
      while (waiting.length === 0) {
        const chunk = await chunks.next();
        if (chunk.done) return undefined;
        parser.feed(chunk.value);
      }
      return waiting.shift();
    },
    async take(count) {
      const events: EventSourceMessage[] = [];
      while (events.length < count) events.push((await connection.next())!);
      return events;
    },
    async rest() {
      const events: EventSourceMessage[] = [];
      for (let event = await connection.next(); event; event = await connection.next()) {
        events.push(event);
      }
      return events;
    },
    vanish: () => void response.destroy(),
  };
  return connection;
}

/** `entry 1.0`, `rewind 1.1`, `delta`: what came, without its data. */
export const nameOf = ({ event, id }: EventSourceMessage) => (id ? `${event} ${id}` : event);

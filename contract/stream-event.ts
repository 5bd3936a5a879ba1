/** The data of a conversation stream's events, by event name. The schema is validation, type and documentation at once. */
import { z } from 'zod';
import { entry } from './entry.ts';

export const rewindData = z
  .object({
    to: z.int().nonnegative().describe('The last entry that stays; 0 if none does.'),
  })
  .describe('Forget every entry after `to`, and the text of a reply in flight; both follow again.');

export const deltaData = z
  .object({
    reply_id: z.string(),
    attempt: z
      .int()
      .positive()
      .describe('A higher one replaces the text of earlier ones: the model was asked again.'),
    offset: z.int().nonnegative().describe('In UTF-16 units.'),
    text: z.string(),
  })
  .describe('More of a reply in flight: its text is what is known up to `offset`, then `text`.');

export const progressData = z
  .object({
    call_id: z.string(),
    percent: z.number().min(0).max(100).optional(),
    note: z.string().optional(),
  })
  .describe('Progress of a call, shown live between the milestones that the log has.');

/** The id of an `entry` or `rewind` event is the reader's new position. The other two are live and have no id. */
export const STREAM_EVENTS = {
  entry,
  rewind: rewindData,
  delta: deltaData,
  progress: progressData,
} as const;

export type StreamEventName = keyof typeof STREAM_EVENTS;
export type RewindData = z.infer<typeof rewindData>;
export type DeltaData = z.infer<typeof deltaData>;
export type ProgressData = z.infer<typeof progressData>;

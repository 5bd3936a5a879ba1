/** The interface of the adapters of harnesses. */
import type { Schedule } from '../../contract/entry.ts';
import type { PushedHarness } from '../../contract/signals.ts';

export interface PushedText {
  /** The harness's own id of its thread. */
  thread: string;
  /** The text for the model. */
  text: string;
  /** The schedule of its most urgent news (R5). */
  schedule: Schedule;
  /** An id of this text, for a harness that stores ids of messages. */
  id: string;
}

/**
 * @returns whether the harness has taken it. False: it cannot take news of this schedule in this thread, which waits for the next turn
 * @throws Error if the harness is unavailable; the push is retried
 */
export type PushAdapter = (pushed: PushedText, signal: AbortSignal) => Promise<boolean>;

export type PushAdapters = Partial<Record<PushedHarness, PushAdapter>>;

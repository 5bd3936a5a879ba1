/** What the adapters of harnesses have in common. */
import type { Schedule } from '../../contract/entry.ts';
import type { PushedHarness } from '../../contract/signals.ts';

export interface PushedText {
  /** The harness's own id of its thread. */
  thread: string;
  /** For the model. */
  text: string;
  /** That of its most urgent news (R5). */
  schedule: Schedule;
  /** Names this text, for a harness that keeps such names. */
  id: string;
}

/**
 * @returns whether the harness has taken it. False: it cannot take news of this schedule, which then waits for the next turn
 * @throws Error if the harness is away; it is tried again
 */
export type PushAdapter = (pushed: PushedText, signal: AbortSignal) => Promise<boolean>;

export type PushAdapters = Partial<Record<PushedHarness, PushAdapter>>;

/** Why a tool that runs in this process has to stop. */
import { HoldLost } from './holder.ts';

export type Why = 'cancelled' | 'shutdown' | 'gone';

/** The reason with which the tool's signal aborts. */
export class Stopped extends Error {
  override name = 'AbortError';
  readonly why: Why | HoldLost;

  constructor(why: Why | HoldLost) {
    super(why instanceof HoldLost ? why.message : MESSAGES[why]);
    this.why = why;
  }
}

export const MESSAGES: Record<Why, string> = {
  cancelled: 'The call was cancelled.',
  shutdown: 'The worker is shutting down.',
  gone: "The call's workflow is over: it was terminated or timed out.",
};

/** Why a tool that runs in this process has to stop, and the failures with which its attempt then hands it over. */
import { ApplicationFailure } from '@temporalio/common';
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

/** A failure that Temporal retries: the next worker resumes from the last heartbeat. */
export function shutDown(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'WorkerShutdown',
    message: 'The worker shut down.',
    nextRetryDelay: 1,
  });
}

export function holdLost({ message }: HoldLost): ApplicationFailure {
  return ApplicationFailure.create({ type: 'HoldLost', message, nextRetryDelay: '200ms' });
}

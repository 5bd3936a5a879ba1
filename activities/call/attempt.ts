/** One of Temporal's attempts at a call, while Temporal considers it the current one. */
import type { Context } from '@temporalio/activity';

export interface Attempt {
  number: number;
  /** Run id of the call's workflow. */
  run: string;
  activity_id: string;
  token: Uint8Array;
  /** Milliseconds since 1970, by Temporal's clock. */
  scheduled_at: number;
  /** The last heartbeat of the previous attempt. */
  details: unknown;
  beat(details: unknown): void;
  /**
   * Resolves when the attempt has to end, with the reason. `not_current`: only this attempt has to end, not its work.
   */
  told: Promise<'cancelled' | 'shutdown' | 'not_current'>;
  /** The error with which a cancelled attempt fails. */
  reason(): unknown;
  warn(message: string, facts: object): void;
}

export function attemptOf(context: Context): Attempt {
  const { info, cancellationSignal: signal } = context;
  return {
    number: info.attempt,
    run: info.workflowExecution?.runId ?? '',
    activity_id: info.activityId,
    token: info.taskToken,
    scheduled_at: info.currentAttemptScheduledTimestampMs,
    details: info.heartbeatDetails ?? undefined,
    beat: (details) => context.heartbeat(details),
    told: new Promise((resolve) => {
      const tell = () => resolve(whyOf(context));
      if (signal.aborted) tell();
      else signal.addEventListener('abort', tell, { once: true });
    }),
    reason: () => signal.reason,
    warn: (message, facts) => context.log.warn(message, facts),
  };
}

function whyOf({ cancellationDetails: why }: Context) {
  if (why?.cancelRequested) return 'cancelled';
  if (why?.workerShutdown) return 'shutdown';
  return why?.notFound || why?.timedOut || why?.paused || why?.reset ? 'not_current' : 'cancelled';
}

import { Context } from '@temporalio/activity';

/**
 * Runs `work` with a heartbeat at fixed intervals: it shows that this process is alive even while the work has nothing to show.
 * Without it, a model that thinks for a long time would look like a dead worker, and a cancellation would not arrive.
 * @param details passed to the next attempt, as JSON
 */
export async function withHeartbeat<T>(
  work: () => Promise<T>,
  every_ms = HEARTBEAT_MS,
  details: () => unknown = () => undefined,
): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(details()), every_ms);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

const HEARTBEAT_MS = 1_000;

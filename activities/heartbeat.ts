import { Context } from '@temporalio/activity';

/**
 * Runs `work` with a heartbeat by the clock: it says that this process lives, whether or not the work has anything to show.
 * Without it a model that thinks for long would look like a dead worker, and a cancellation would not arrive.
 * @param details what the next attempt gets, as JSON
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

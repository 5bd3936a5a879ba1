import { setTimeout as sleep } from 'node:timers/promises';
import type { CallContext, LocalTool } from '../../tools/define.ts';
import { raceAbort } from '../race-abort.ts';

export interface Drive {
  tool: LocalTool;
  input: unknown;
  call: CallContext;
  /** Called with each yield. */
  take(yielded: unknown): Promise<void>;
  /** Called after each yield: the tool continues when the promise resolves. */
  confirm(): Promise<void>;
  /** Called with a yield that `take` did not take, or did not finish, because the signal aborted. */
  left(yielded: unknown): void;
  /** How long a tool may take to stop once its signal has aborted. Milliseconds. */
  stop_ms: number;
  /** Called when a tool does not stop, or fails while it is being stopped. */
  warn(message: string, error?: unknown): void;
}

/**
 * Runs a tool to its end, and always closes its generator.
 * @returns the return value of the tool
 * @throws what the tool or `take` threw; the signal's reason if it aborted before that, once the tool has stopped
 */
export async function driveTool(drive: Drive): Promise<unknown> {
  const { signal } = drive.call;
  signal.throwIfAborted();
  const running = run(drive);
  try {
    return await raceAbort(running, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  // Whatever the tool reports about its end now is a consequence of the abort.
  await hasStopped(running, drive);
  throw signal.reason;
}

async function run({ tool, input, call, take, left, confirm, warn }: Drive): Promise<unknown> {
  const running = tool.run(input, call);
  if (!isGenerator(running)) return running;
  try {
    for (;;) {
      const next = await running.next();
      if (next.done) return next.value;
      try {
        call.signal.throwIfAborted();
        await take(next.value);
      } catch (error) {
        if (call.signal.aborted) left(next.value);
        throw error;
      }
      // A process that was frozen may resume between two steps, long after another one has taken the call over.
      await confirm();
      call.signal.throwIfAborted();
    }
  } finally {
    await running
      .return(undefined)
      .catch((error) => warn('The tool failed while it was being ended.', error));
  }
}

function isGenerator(
  running: ReturnType<LocalTool['run']>,
): running is Extract<typeof running, AsyncGenerator> {
  return typeof running === 'object' && running !== null && Symbol.asyncIterator in running;
}

/** A tool may ignore its signal; the call still ends, a little later. */
async function hasStopped(running: Promise<unknown>, { call, stop_ms, warn }: Drive) {
  const waiting = new AbortController();
  const stopped = running.then(
    () => true,
    (error: unknown) => {
      const expected = error === call.signal.reason || (error as Error)?.name === 'AbortError';
      if (!expected) warn('The tool failed while it was being stopped.', error);
      return true;
    },
  );
  const late = sleep(stop_ms, false, { signal: waiting.signal }).catch(() => true);
  if (!(await Promise.race([stopped, late]))) {
    warn(`The tool has not stopped within ${stop_ms} ms of its abort signal.`);
  }
  waiting.abort();
}

/** Runs a service for as long as a command needs it: signals, failures and the order of shutdown. */
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { whenNpmEnds } from './parent.ts';
import type { Running, StartOptions } from './stack.ts';

/**
 * Starts a service, or a part of one, and passes it to `use`. Stops it when `use` is done, a signal arrives, or a part fails. Never
 * returns. Exit code 0 if `use` was done or a signal arrived, 1 if something failed.
 * @param use receives a signal that aborts when it has to end
 * @param patience_ms how long a start may take to stop
 */
export async function runService<Service extends Running>(
  start: (options: Required<StartOptions>) => Promise<Service>,
  use: (service: Service, signal: AbortSignal) => Promise<void>,
  patience_ms = PATIENCE_MS,
): Promise<void> {
  const ending = new AbortController();
  let kill = () => {};
  onSignal({
    first: () => ending.abort(),
    // The user does not want to wait any longer. `kill` leaves no server behind.
    second() {
      kill();
      process.exit(1);
    },
  });
  whenNpmEnds(() => {
    console.log('\nnpm was stopped. Stopping …');
    ending.abort();
  });
  // An error that no part expected may have left any state, so everything stops.
  process.on('uncaughtException', (error) => {
    fail(inspect(error));
    ending.abort();
  });

  // The reader of the output may close it, as `head` does. The service goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  try {
    const starting = start({ log: console.log, signal: ending.signal });
    const service = await Promise.race([starting, overdue(ending.signal, patience_ms)]);
    kill = () => service.kill();
    await Promise.race([use(service, ending.signal), aborted(ending.signal), service.failed]).catch(
      report,
    );
    await service.close().catch(report);
  } catch (error) {
    // The error of a start that was aborted is the abort itself, and is not reported.
    if (!ending.signal.aborted || error instanceof Overdue || error instanceof AggregateError) {
      report(error);
    }
  }
  // An open handle, such as a socket to a model, would keep the process alive.
  process.exit();
}

/** A part that never opens, and ignores the signal to stop, must not keep the process alive. */
const PATIENCE_MS = 30_000;

class Overdue extends Error {}

async function overdue(signal: AbortSignal, patience_ms: number): Promise<never> {
  await aborted(signal);
  await sleep(patience_ms, undefined, { ref: false });
  throw new Overdue(`Startup did not stop within ${patience_ms / 1_000} s.`);
}

/** The message of an error that we throw on purpose is complete; a bug needs its stack. Sets the exit code. */
export function report(error: unknown): void {
  const bug = !(error instanceof Error) || error instanceof TypeError;
  fail(bug ? inspect(error) : error.message);
}

function fail(message: string): void {
  console.error(`\n${message}`);
  process.exitCode = 1;
}

/** npm forwards the Ctrl-C that the terminal has already sent to every process: two signals this close count as one. */
const ONE_SIGNAL_MS = 500;

function onSignal({ first, second }: { first: () => void; second: () => void }): void {
  let since: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (since === undefined) {
        since = performance.now();
        console.log('\nStopping … (Ctrl-C again to stop at once)');
        first();
      } else if (performance.now() - since > ONE_SIGNAL_MS) {
        second();
      }
    });
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

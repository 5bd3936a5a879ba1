/** A service for as long as a command needs it: signals, failures and the order in which things end. */
import { inspect } from 'node:util';
import { whenNpmEnds } from './parent.ts';
import type { Running, StartOptions } from './running.ts';

/**
 * Starts a service, or a part of one, and hands it to `use`; stops it when that is done, a signal comes, or a part fails. Never returns.
 * Exit code 0 when it was done or told to stop, 1 when something failed.
 * @param use gets a signal that aborts when it should end
 */
export async function runService<Service extends Running>(
  start: (options: Required<StartOptions>) => Promise<Service>,
  use: (service: Service, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const ending = new AbortController();
  let kill = () => {};
  onSignal({
    first: () => ending.abort(),
    // Whoever asks twice does not want to wait, but does not want a server left behind either.
    second() {
      kill();
      process.exit(1);
    },
  });
  whenNpmEnds(() => {
    console.log('\nnpm was stopped. Stopping …');
    ending.abort();
  });
  // An error that no part expected: nobody knows what state it left, so everything stops.
  process.on('uncaughtException', (error) => {
    fail(inspect(error));
    ending.abort();
  });

  // Whoever read what we print may go away, as `head` does. That is no reason to stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  try {
    const service = await start({ log: console.log, signal: ending.signal });
    kill = () => service.kill();
    await Promise.race([use(service, ending.signal), aborted(ending.signal), service.failed]).catch(
      report,
    );
    await service.close().catch(report);
  } catch (error) {
    if (!ending.signal.aborted) report(error);
  }
  // Something left open, such as a socket to a model, would keep the process for as long as it likes.
  process.exit();
}

/** What we throw on purpose says all there is to say; a bug needs its stack. Sets the exit code. */
export function report(error: unknown): void {
  const bug = !(error instanceof Error) || error instanceof TypeError;
  fail(bug ? inspect(error) : error.message);
}

function fail(message: string): void {
  console.error(`\n${message}`);
  process.exitCode = 1;
}

/** npm passes on the Ctrl-C that the terminal has already sent to every process: two at once are one. */
const ONE_SIGNAL_MS = 500;

function onSignal({ first, second }: { first: () => void; second: () => void }): void {
  let since: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (since === undefined) {
        since = performance.now();
        console.log('\nStopping … (Ctrl-C again: at once)');
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

/** Restarts the Temporal server when it exits. Meanwhile every conversation waits, and nothing is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './launch.ts';

export interface Keeping {
  /** Starts a new process on the ports of the first. */
  start(): Promise<Server>;
  /** Called with each new server that is ready. */
  started(server: Server): void;
  signal: AbortSignal;
  log: (line: string) => void;
  /** Waits for this many milliseconds. */
  pause?: (ms: number) => Promise<void>;
}

/** The pause before each retry, in milliseconds. After the last one it gives up. */
const PAUSES = [0, 500, 1_000, 2_000, 5_000, 10_000];
/** A server that has run this long counts as healthy: its next exit starts the retries from the beginning. */
const HEALTHY_MS = 30_000;

/**
 * Starts the server again whenever it exits. Resolves when the signal aborts.
 * @throws Error when it could not be started, or did not stay up, in six tries
 */
export async function keepRunning(
  first: Server,
  { start, started, signal, log, pause = sleep }: Keeping,
): Promise<void> {
  const stopped = new Promise<undefined>((done) => {
    if (signal.aborted) done(undefined);
    signal.addEventListener('abort', () => done(undefined), { once: true });
  });
  let server: Server | undefined = first;
  let since = performance.now();
  let failure = '';
  for (let tries = 0; ; tries++) {
    if (server) {
      const how = await Promise.race([server.exited, stopped]);
      if (how === undefined || signal.aborted) return;
      if (performance.now() - since > HEALTHY_MS) tries = 0;
      failure = `The Temporal server stopped (${how}).`;
    }
    const ms = PAUSES[tries];
    if (ms === undefined) throw new Error(`${failure} Giving up after ${tries} tries.`);
    log(`${failure} Restarting it …`);
    await Promise.race([pause(ms), stopped]);
    if (signal.aborted) return;
    try {
      server = await start();
    } catch (error) {
      if (signal.aborted) return;
      server = undefined;
      failure = (error as Error).message;
      continue;
    }
    since = performance.now();
    started(server);
    log(`The Temporal server is running again (pid ${server.identity.pid}).`);
  }
}

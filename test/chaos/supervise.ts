/** One member of the topology: started again whenever it dies, as a process manager does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { signalProcess } from '../../tools/process-group.ts';

export interface Process {
  pid: number;
  /** It does its work. Never resolves where it dies before. */
  ready: Promise<void>;
  died: Promise<unknown>;
}

export interface Member {
  readonly name: string;
  /** While it does its work. */
  readonly pid: number | undefined;
  /** Resolves when it does its work, now or again. */
  up(): Promise<void>;
  /** @returns false: there is nothing to signal at this moment */
  signal(signal: NodeJS.Signals): boolean;
  /** By SIGTERM, and not started again. Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface Supervision {
  name: string;
  start(): Promise<Process>;
  /** Before it is started again. Milliseconds. */
  delay(): number;
  /** @param again false: the first time */
  started?(again: boolean): void;
  log(line: string): void;
}

export function supervise({ name, start, delay, started, log }: Supervision): Member {
  let current: Process | undefined;
  let stopping = false;
  let up = Promise.withResolvers<void>();
  let isUp = false;

  async function keep(): Promise<void> {
    for (let again = false; !stopping; again = true) {
      try {
        const own = await start();
        current = own;
        if (stopping) signalProcess(own.pid, 'SIGTERM');
        void own.ready.then(() => {
          if (current !== own) return;
          isUp = true;
          up.resolve();
          started?.(again);
        });
        await own.died;
      } catch (error) {
        log(`${name}: ${(error as Error).message}`);
      }
      current = undefined;
      if (isUp) up = Promise.withResolvers();
      isUp = false;
      if (!stopping) await sleep(delay());
    }
  }
  const kept = keep();

  return {
    name,
    get pid() {
      return isUp ? current?.pid : undefined;
    },
    up: () => up.promise,
    signal(signal) {
      if (!isUp || !current) return false;
      signalProcess(current.pid, signal);
      return true;
    },
    async stop() {
      stopping = true;
      if (current) signalProcess(current.pid, 'SIGTERM');
      await kept;
    },
  };
}

/** Workers that stand still at a place. Every living worker is told of all that is waited for: the first one there has it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place, Reached } from './places.ts';
import type { WorkerMember } from './topology.ts';

export interface Standstill {
  worker: WorkerMember;
  pid: number;
  conversation: string;
  release(): void;
}

export interface Places {
  /** Undefined: no worker has been there in time. */
  reached(place: Place, within_ms: number): Promise<Standstill | undefined>;
  /** A worker lives, for the first time or again: it has not been told yet. */
  started(worker: WorkerMember): void;
  heard(worker: WorkerMember, message: Reached): void;
}

export function createPlaces(workers: () => readonly WorkerMember[]): Places {
  const waiting: { place: Place; resolve(standstill: Standstill): void }[] = [];
  const isWanted = (place: Place) => waiting.some((one) => one.place === place);

  function disarm(place: Place): void {
    if (!isWanted(place)) for (const worker of workers()) worker.tell({ type: 'disarm', place });
  }

  return {
    async reached(place, within_ms) {
      const { promise, resolve } = Promise.withResolvers<Standstill>();
      const own = { place, resolve };
      waiting.push(own);
      for (const worker of workers()) worker.tell({ type: 'arm', place });
      const standstill = await Promise.race([promise, sleep(within_ms)]);
      if (standstill) return standstill;
      const left = waiting.indexOf(own);
      // Reached in the very moment in which it was given up.
      if (left < 0) return promise;
      waiting.splice(left, 1);
      disarm(place);
      return undefined;
    },
    started(worker) {
      for (const { place } of waiting) worker.tell({ type: 'arm', place });
    },
    heard(worker, { place, conversation }) {
      const release = () => worker.tell({ type: 'go' });
      const first = waiting.findIndex((one) => one.place === place);
      // The caller no longer waits, or the process is already dead.
      if (first < 0 || worker.pid === undefined) return release();
      const [own] = waiting.splice(first, 1);
      disarm(place);
      own!.resolve({ worker, pid: worker.pid, conversation, release });
    },
  };
}

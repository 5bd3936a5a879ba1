/**
 * How long kills hold conversations up. A kill may hold up every conversation that owes its user words at that moment: a message
 * that was acknowledged and is not in the log, or a reply in flight. Each is measured until a reader of its stream sees its next
 * entry, whatever else is killed meanwhile.
 */
import type { Evidence } from './evidence.ts';
import type { Talk } from './workload.ts';

export interface Recovery {
  recoveries: Evidence['recoveries'];
  /** From a worker's being ready again until such a conversation speaks. Milliseconds. */
  restarts: number[];
  killed(target: string): void;
  restarted(): void;
  /** A reader has seen an entry. */
  moved(talk: Talk): void;
}

export function createRecovery(talks: () => Talk[]): Recovery {
  const recoveries: Evidence['recoveries'] = [];
  const restarts: number[] = [];
  const waiting = new Map<Talk, { since: number; done(ms: number): void }[]>();

  function begin(done: (ms: number) => void): void {
    const since = Date.now();
    for (const talk of talks()) {
      if (!talk.owed || talk.follower.isOver) continue;
      waiting.set(talk, [...(waiting.get(talk) ?? []), { since, done }]);
    }
  }

  return {
    recoveries,
    restarts,
    killed: (killed) => begin((ms) => recoveries.push({ killed, ms })),
    restarted: () => begin((ms) => restarts.push(ms)),
    moved(talk) {
      for (const { since, done } of waiting.get(talk) ?? []) done(Date.now() - since);
      waiting.delete(talk);
    },
  };
}

/**
 * How long faults hold conversations up. A fault may hold up every conversation that owes its user words at that moment: a message
 * that was acknowledged and is not in the log, or a reply in flight. Each is measured until a reader of its stream sees its next
 * entry, whatever else happens meanwhile. While something is away of which there is only one, nothing can go on: then it is
 * measured from the moment at which that is back.
 */
import type { Evidence, FaultEvidence } from './evidence.ts';
import type { ChaosTalk } from './workload.ts';

export interface Recovery {
  recoveries: Evidence['recoveries'];
  /** From a worker's being ready again until such a conversation speaks. Milliseconds. */
  restarts: number[];
  done(fault: FaultEvidence): void;
  healed(fault: FaultEvidence): void;
  restarted(): void;
  /** A reader has seen an entry. */
  moved(talk: ChaosTalk): void;
}

export function createRecovery(talks: () => ChaosTalk[]): Recovery {
  const recoveries: Evidence['recoveries'] = [];
  const restarts: number[] = [];
  const waiting = new Map<ChaosTalk, { since: number; done(ms: number): void }[]>();

  function begin(done: (ms: number) => void): void {
    const since = Date.now();
    for (const talk of talks()) {
      if (!talk.owed || talk.isGone || talk.follower.isOver) continue;
      waiting.set(talk, [...(waiting.get(talk) ?? []), { since, done }]);
    }
  }

  return {
    recoveries,
    restarts,
    done(fault) {
      if (isAnothersTurn(fault)) begin((ms) => recoveries.push({ after: nameOf(fault), ms }));
    },
    healed(fault) {
      if (!isAnothersTurn(fault)) begin((ms) => recoveries.push({ after: nameOf(fault), ms }));
    },
    restarted: () => begin((ms) => restarts.push(ms)),
    moved(talk) {
      for (const { since, done } of waiting.get(talk) ?? []) done(Date.now() - since);
      waiting.delete(talk);
    },
  };
}

const nameOf = ({ kind, target }: FaultEvidence) => `${kind}: ${target}`;

/** What dies is started again at once; for a worker that stands still another takes over. */
const isAnothersTurn = ({ kind, target }: FaultEvidence) =>
  kind === 'kill' || kind === 'operator' || target.startsWith('worker');

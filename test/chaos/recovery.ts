/**
 * How long faults hold conversations up. A fault may hold up every conversation that owes its user words at that moment: a message
 * that was acknowledged and is not in the log, or a reply in flight. Each is measured until a reader of its stream sees its next
 * entry, whatever else happens meanwhile. While something is away of which there is only one, nothing can go on: that time does
 * not count, whichever fault is measured.
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
  const clock = createStoppableClock();

  function begin(done: (ms: number, talk: ChaosTalk) => void): void {
    const since = clock.now();
    for (const talk of talks()) {
      if (!talk.owed || talk.isGone || talk.follower.isOver) continue;
      const own = { since, done: (ms: number) => done(ms, talk) };
      waiting.set(talk, [...(waiting.get(talk) ?? []), own]);
    }
  }

  function measure({ kind, target }: FaultEvidence): void {
    const [after, at] = [`${kind}: ${target}`, Date.now()];
    begin((ms, { id }) => recoveries.push({ after, conversation: id, at, ms }));
  }

  return {
    recoveries,
    restarts,
    done(fault) {
      if (isAnothersTurn(fault)) measure(fault);
      else if (takesAway(fault)) clock.stop();
    },
    healed(fault) {
      if (isAnothersTurn(fault)) return;
      if (takesAway(fault)) clock.go();
      measure(fault);
    },
    restarted: () => begin((ms) => restarts.push(ms)),
    moved(talk) {
      for (const { since, done } of waiting.get(talk) ?? []) done(clock.now() - since);
      waiting.delete(talk);
    },
  };
}

/** Stands still from a `stop` until as many `go`. */
function createStoppableClock() {
  let stops = 0;
  let stoppedAt = 0;
  let stood = 0;
  return {
    now: () => (stops > 0 ? stoppedAt : Date.now()) - stood,
    stop() {
      if (stops === 0) stoppedAt = Date.now();
      stops += 1;
    },
    go() {
      stops -= 1;
      if (stops === 0) stood += Date.now() - stoppedAt;
    },
  };
}

/** What dies is started again at once; for a worker that stands still another takes over, also for that of the service. */
const isAnothersTurn = ({ kind, target }: FaultEvidence) =>
  kind === 'kill' || kind === 'operator' || target.startsWith('worker') || target === 'service';

/** What starves goes on, if slowly. */
const takesAway = (fault: FaultEvidence) => !isAnothersTurn(fault) && fault.kind !== 'starve';

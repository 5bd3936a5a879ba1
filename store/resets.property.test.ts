/**
 * The log is what the current run of a conversation has decided, whatever workers, operators and chance do. Runs are played as
 * workflows/write.ts and activities/log/record.ts write for them: a task is written before it is certain, and may be lost with its worker; what
 * only starts a reply rides, and comes late or never; what is refused is written once it is certain.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batch, Fence } from '../contract/batch.ts';
import type { Entry } from '../contract/entry.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { idle, message, someone } from '../test/store/samples.ts';
import type { Store } from './store.ts';

interface Snapshot {
  decided: Entry[];
  /** The last entries, which are not known to be written. */
  unwritten: Entry[];
  length: number;
}

interface Run extends Snapshot {
  id: string;
  ordinal: number;
  continued_from?: string;
  /** The runs whose history it continues, nearest first. */
  bases: string[];
  /** The snapshots after each committed task, to which the run can be reset. */
  past: Snapshot[];
}

type Happening =
  | { do: 'task'; entries: number; ends: 'committed' | 'lost'; rides: boolean }
  /** An activity, or a worker that was paused, makes an earlier write late. */
  | { do: 'late'; which: number }
  | { do: 'reset'; run: number; to: number }
  | { do: 'continue as new' };

const small = fc.nat(20);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('task' as const),
      entries: fc.integer({ min: 0, max: 3 }),
      ends: fc.constantFrom('committed', 'committed', 'lost'),
      rides: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('late' as const), which: small }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('reset' as const), run: small, to: small }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('continue as new' as const) }) },
);

class Life {
  readonly key = someone();
  readonly store: Store;
  runs: Run[] = [{ id: 'run_0', ordinal: 0, bases: [], ...NOTHING, past: [NOTHING] }];
  late: { run: Run; batch: Batch; certain: boolean; riding: boolean }[] = [];
  #clock = 0;
  #words = 0;

  constructor(store: Store) {
    this.store = store;
  }

  get current(): Run {
    return this.runs.at(-1)!;
  }

  async play(what: Happening): Promise<void> {
    switch (what.do) {
      case 'task':
        return this.task(what);
      case 'late':
        return this.writeLate(what.which);
      case 'reset': {
        const base = this.runs[what.run % this.runs.length]!;
        const point = base.past[what.to % base.past.length]!;
        const { ordinal, continued_from } = base;
        const from = continued_from === undefined ? {} : { continued_from };
        const pending = this.late.filter(
          ({ run, batch, riding }) => riding && run === base && batch.fence.length < point.length,
        );
        // The copy of the history, and the note that it was reset.
        this.begin({
          ordinal,
          ...from,
          bases: [base.id, ...base.bases],
          ...point,
          length: point.length + 2,
        });
        // What was not over at that point is done again, for this run.
        const run = this.current;
        for (const { batch } of pending) {
          const fence = { ...batch.fence, run_id: run.id };
          this.late.push({ run, batch: { ...batch, fence }, certain: true, riding: true });
        }
        return;
      }
      case 'continue as new': {
        const { id, ordinal, decided, unwritten } = this.current;
        const bases = [id, ...this.current.bases];
        const next = {
          bases,
          ordinal: ordinal + 1,
          continued_from: id,
          decided,
          unwritten,
          length: 3,
        };
        this.begin(next);
      }
    }
  }

  begin(run: Omit<Run, 'id' | 'past'>): void {
    const { decided, unwritten, length } = run;
    const id = `run_${this.runs.length}`;
    this.runs.push({ ...run, id, past: [{ decided, unwritten, length }] });
  }

  async task({ entries: count, ends, rides }: Happening & { do: 'task' }): Promise<void> {
    const run = this.current;
    this.#clock += 1;
    const fence: Fence = {
      run: run.ordinal,
      length: run.length,
      at: this.#clock,
      run_id: run.id,
      ...(run.continued_from !== undefined && { continued_from: run.continued_from }),
    };
    const fresh = Array.from({ length: count }, (_, i) =>
      message(run.decided.length + 1 + i, `${run.id} says ${(this.#words += 1)}`),
    );
    // Only what was decided is written, after what is not known to be.
    if (fresh.length === 0) return;
    const entries = [...run.unwritten, ...fresh];
    const batch = { conversation: this.key, fence, base: entries[0]!.seq, entries, head: idle };
    const certain = ends === 'committed';
    if (rides) {
      // An activity is scheduled by the commit alone.
      if (!certain) return;
      this.late.push({ run, batch, certain, riding: true });
      this.#commit(run, fresh, entries);
      return;
    }
    const written = await this.store.record(batch);
    this.late.push({ run, batch, certain: false, riding: false });
    if (!certain) return;
    if (written.outcome !== 'recorded') {
      expect(await this.settle(run, batch)).toBe('recorded');
      this.late.push({ run, batch, certain, riding: false });
    }
    this.#commit(run, fresh, []);
    await this.expectLog();
  }

  #commit(run: Run, fresh: Entry[], unwritten: Entry[]): void {
    run.decided = [...run.decided, ...fresh];
    run.unwritten = unwritten;
    run.length += 5;
    const { decided, length } = run;
    run.past.push({ decided, unwritten, length });
  }

  async settle(run: Run, batch: Batch) {
    const written = await this.store.record(batch, { committed: true });
    if (written.outcome !== 'other_run' || run !== this.current) return written.outcome;
    const takes_over = { base_runs: run.bases };
    return (await this.store.record(batch, { committed: true, takes_over })).outcome;
  }

  async writeLate(which: number): Promise<void> {
    const late = this.late[which % Math.max(1, this.late.length)];
    if (!late) return;
    const { run, batch, certain, riding } = late;
    if (certain && !riding) return void (await this.settle(run, batch));
    // A paused worker writes what it had decided. If its run is over, it learns that only from the answer.
    const written = await this.store.record(batch).catch((error: Error) => error.message);
    if (riding && typeof written === 'object' && written.outcome === 'other_run') {
      await this.settle(run, batch);
    }
  }

  async expectLog(): Promise<void> {
    const log = await this.store.window(this.key, { from: 1, to: 10_000 });
    expect(log).toEqual(this.current.decided);
  }
}

const NOTHING: Snapshot = { decided: [], unwritten: [], length: 3 };

test('the log is what the current run has decided, after each of its writes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 40 }), async (happenings) => {
      const life = new Life(createMemoryStore());
      for (const what of happenings) await life.play(what);
      await life.task({ do: 'task', entries: 1, ends: 'committed', rides: false });
      await life.expectLog();
    }),
    { numRuns: 2_000 },
  );
});

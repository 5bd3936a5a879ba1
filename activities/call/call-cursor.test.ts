import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallEventSignal } from '../../contract/signals.ts';
import type { Report } from '../../contract/report.ts';
import { advance, type CallCursor, readCursor, resumed } from './call-cursor.ts';
import type { CheckedYield } from './tool-yield.ts';

type Told = Omit<CallEventSignal, 'call_id'>;
const quarters: Report = { type: 'percent', every: 25 };
const progress = (percent: number, checkpoint?: unknown): CheckedYield => ({
  type: 'progress',
  percent,
  schedule: 'when_idle',
  ...(checkpoint !== undefined && { checkpoint }),
});
const result = (data: unknown, checkpoint?: unknown): CheckedYield => ({
  type: 'result',
  data,
  schedule: 'when_idle',
  ...(checkpoint !== undefined && { checkpoint }),
});

function run(steps: CheckedYield[], from?: CallCursor) {
  let cursor = resumed(readCursor(from && JSON.parse(JSON.stringify(from)), quarters, 0));
  const told: Told[] = [];
  for (const step of steps) {
    const next = advance(cursor, step, 0);
    if (next.event) told.push(next.event);
    cursor = next.cursor;
  }
  return { cursor, told };
}
const short = (told: Told[]) => told.map(({ n, percent, data }) => [n, percent ?? data]);

test('told events are numbered 1, 2, 3 …, whatever happens untold between them', () => {
  const { told } = run([progress(10), result('a'), progress(25), progress(30), result('b')]);
  expect(short(told)).toEqual([
    [1, 'a'],
    [2, 25],
    [3, 'b'],
  ]);
});

test('an event has the note of its step, and never its checkpoint', () => {
  const step: CheckedYield = {
    type: 'progress',
    percent: 50,
    note: 'half',
    schedule: 'interrupt',
    checkpoint: 7,
  };
  expect(run([step]).told).toEqual([
    { n: 1, event: 'progress', percent: 50, note: 'half', schedule: 'interrupt' },
  ]);
});

test('the checkpoint comes from the last step that had one', () => {
  expect(run([progress(1, 'x'), progress(2)]).cursor.checkpoint).toBe('x');
});

describe('the next attempt', () => {
  test('continues the numbers and repeats no milestone', () => {
    const { cursor } = run([progress(25, 'p'), progress(50, 'q')]);
    const { told } = run([progress(50), progress(60), progress(75)], cursor);
    expect(short(told)).toEqual([[3, 75]]);
  });

  test('does not tell results again that its tool repeats from the checkpoint', () => {
    const { cursor } = run([result('a', 1), result('b'), result('c')]);
    const { told, cursor: after } = run([result('b'), result('c'), result('d')], cursor);
    expect(short(told)).toEqual([[4, 'd']]);
    expect(after.results).toBe(4);
  });

  test('does not tell them again after another crash, wherever the previous attempt was cut off', () => {
    const first = run([result('a', 1), result('b'), result('c')]).cursor;
    const second = run([result('b')], first).cursor;
    expect(short(run([result('b'), result('c'), result('d')], second).told)).toEqual([[4, 'd']]);
    const checked = run([result('b', 2)], first).cursor;
    expect(short(run([result('c'), result('d')], checked).told)).toEqual([[4, 'd']]);
  });

  test('loses no result from a checkpoint, even if the checkpoint already covers later ones', () => {
    const { cursor } = run([progress(50, 2), result('b')]);
    expect(short(run([result('c'), result('d')], cursor).told)).toEqual([
      [3, 'c'],
      [4, 'd'],
    ]);
  });

  test('recognises repeats by their number when it starts over, even if their content differs', () => {
    const { cursor } = run([result('at 10:00'), result('at 10:01')]);
    const { told, cursor: after } = run(
      [result('at 11:00'), result('at 11:01'), result('x')],
      cursor,
    );
    expect(short(told)).toEqual([[3, 'x']]);
    expect(after.results).toBe(3);
  });

  test('finds a heartbeat of bounded size, however many results there are', () => {
    const { cursor } = run(Array.from({ length: 5_000 }, (_, i) => result(i)));
    expect(cursor.results).toBe(5_000);
    expect(JSON.stringify(cursor).length).toBeLessThan(20_000);
  });

  test.each([
    'text',
    5,
    {},
    { n: -1, results: 0, since: [], repeats: [], filter: {} },
    { n: 1, results: 0, since: [], repeats: [], filter: { report: { type: 'often' } } },
  ])('fails the call when it finds %j in place of the cursor', (details) => {
    expect(() => readCursor(details, quarters, 0)).toThrow(
      expect.objectContaining({ type: 'InvalidCheckpoint' }),
    );
  });

  test.each([undefined, null])('starts over when it finds %j', (details) => {
    expect(readCursor(details, quarters, 9)).toMatchObject({ n: 0, results: 0 });
  });
});

test('a tool that is cut off anywhere, any number of times, tells each result once, in order, with gapless numbers', () => {
  const script = fc.array(
    fc.record({ kind: fc.constantFrom('progress', 'result'), keeps: fc.boolean() }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(script, fc.array(fc.nat({ max: 30 }), { maxLength: 4 }), (script, cuts) => {
      const steps = script.map(({ kind, keeps }, i) => {
        const checkpoint = keeps ? i + 1 : undefined;
        return kind === 'progress'
          ? progress((100 * (i + 1)) / script.length, checkpoint)
          : result(i, checkpoint);
      });
      let cursor: CallCursor | undefined;
      const told: Told[] = [];
      for (const cut of [...cuts, script.length]) {
        const at = (cursor?.checkpoint as number) ?? 0;
        const attempt = run(steps.slice(at, at + cut), cursor);
        told.push(...attempt.told);
        cursor = attempt.cursor;
      }
      expect(told.map(({ n }) => n)).toEqual(told.map((_, i) => i + 1));
      const results = told.filter(({ event }) => event === 'result').map(({ data }) => data);
      expect(results).toEqual(script.flatMap(({ kind }, i) => (kind === 'result' ? [i] : [])));
    }),
  );
});

/** What a tool has done is neither repeated nor lost when its process could not report it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { CallEventSignal } from '../../contract/signals.ts';
import { away } from '../../test/kit/away.ts';
import { attempt, completed, stage, start } from '../../test/kit/call-stage.ts';
import { aloneIn, failed, MANY } from '../../test/kit/played-call.ts';
import type { LocalTool } from '../../tools/define.ts';
import { type Holder, HoldLost, type WatchedCall } from './holder.ts';
import { readStanding } from './standing.ts';

/** A process whose hold the test takes away. Until then, its store accepts no end and no large result. */
function cutOff(tool: Partial<LocalTool> = {}) {
  const played = stage(tool);
  const { store } = played;
  let isAway = true;
  let watched: WatchedCall | undefined;
  const unlessAway =
    <A extends unknown[], R>(ask: (...given: A) => Promise<R>) =>
    (...given: A) =>
      isAway ? Promise.reject<R>(away()) : ask(...given);
  const holder: Holder = {
    ...aloneIn({ ...store, endCall: unlessAway(store.endCall) }),
    watch(call) {
      watched = call;
      return () => {};
    },
  };
  const told: CallEventSignal[] = [];
  const calls = played.process({}, holder, {
    store: { ...store, keepResult: unlessAway(store.keepResult) },
    settings: {
      MEANWHILE_MAX_RESULT_BYTES: 1_000,
      MEANWHILE_INLINE_RESULT_BYTES: 100,
      MEANWHILE_MAX_OUTPUT_BYTES: 1_000,
    },
    signalConversation: async (_, event) => void told.push(event),
  });
  return {
    ...played,
    calls,
    told,
    async lose() {
      watched!.lose(new HoldLost('Another worker may have the call.'));
      await nextTurn();
      isAway = false;
    },
  };
}

describe.each(['resume', 'fail'] as const)('a tool with restart: %s that has ended', (restart) => {
  test.each([
    ['its result', 'done', completed('done')],
    ['its large result', 'x'.repeat(200), { type: 'completed', stored: { bytes: 202 } }],
  ])('does not run again when its process gets the hold back: %s', async (_, result, end) => {
    const { calls, begun, starts, ends, lose } = cutOff({ restart });
    const first = attempt(1);
    const one = calls.run(start, first);
    await starts(1);
    first.tell('not_current');
    await expect(one).rejects.toThrow();
    ends(result);
    await nextTurn();
    await lose();
    expect(await calls.run(start, attempt(2))).toMatchObject(end);
    expect(begun).toHaveLength(1);
  });

  test('does not run again in another process, which finds its end in the heartbeat', async () => {
    const { process, calls, begun, starts, ends } = cutOff({ restart });
    const first = attempt(1);
    void calls.run(start, first);
    await starts(1);
    ends('done');
    await expect.poll(() => first.beats.at(-1)).toHaveProperty('untold');
    const details = structuredClone(first.beats.at(-1));
    expect(await process().run(start, attempt(2, { details }))).toEqual(completed('done'));
    expect(begun).toHaveLength(1);
  });
});

/** A tool that yields the given results, from its checkpoint on. */
const yielding = (script: { data?: string; checkpoint?: number }[], steps: number[]) =>
  ({
    ...MANY,
    report: 'everything',
    async *run(_, call) {
      for (let step = Number(call.checkpoint ?? 0); step < script.length; step += 1) {
        const { data, checkpoint } = script[step]!;
        steps.push(step);
        yield data === undefined
          ? call.progress(step, undefined, { checkpoint })
          : call.result(data, { checkpoint });
      }
      return 'there';
    },
  }) satisfies Partial<LocalTool>;

describe('a step whose report does not get through', () => {
  test('is reported and not repeated by another process, which finds it in the heartbeat', async () => {
    const steps: number[] = [];
    const { process } = stage(yielding([{ checkpoint: 1 }, { checkpoint: 2 }], steps));
    const first = attempt(1);
    const told: CallEventSignal[] = [];
    void process({}, undefined, { signalConversation: () => new Promise(() => {}) })
      .run(start, first)
      .catch(() => {});
    await expect.poll(() => first.beats.at(-1)).toHaveProperty('untold');
    expect(steps).toEqual([0]);
    const details = structuredClone(first.beats.at(-1));
    const next = process({}, undefined, {
      signalConversation: async (_, event) => void told.push(event),
    });
    expect(await next.run(start, attempt(2, { details }))).toEqual(completed('there'));
    expect(steps).toEqual([0, 1]);
    expect(told.map(({ n, percent }) => [n, percent])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });

  test('does not hide a later result that equals one from before the step', async () => {
    const steps: number[] = [];
    const script = [{ data: 'same' }, { data: 'other', checkpoint: 2 }, { data: 'same' }];
    const { process } = stage(yielding(script, steps));
    const first = attempt(1);
    const told: CallEventSignal[] = [];
    const tell = async (_: unknown, event: CallEventSignal) => void told.push(event);
    const isStuck = () => told.length > 0;
    void process({}, undefined, {
      signalConversation: (to, event) => (isStuck() ? new Promise(() => {}) : tell(to, event)),
    })
      .run(start, first)
      .catch(() => {});
    await expect.poll(() => first.beats.at(-1)).toHaveProperty('untold');
    const details = structuredClone(first.beats.at(-1));
    await process({}, undefined, { signalConversation: tell }).run(start, attempt(2, { details }));
    expect(told.map(({ n, data }) => [n, data])).toEqual([
      [1, 'same'],
      [2, 'other'],
      [3, 'same'],
    ]);
  });
});

test('a tool that declared restart: fail is not resumed from a report that did not get through', async () => {
  const steps: number[] = [];
  const { process } = stage({ ...yielding([{ checkpoint: 1 }], steps), restart: 'fail' });
  const first = attempt(1);
  void process({}, undefined, { signalConversation: () => new Promise(() => {}) })
    .run(start, first)
    .catch(() => {});
  await expect.poll(() => first.beats.at(-1)).toHaveProperty('untold');
  const details = structuredClone(first.beats.at(-1));
  const lost = failed('WorkerLost', /not restarted/);
  expect(await process().run(start, attempt(2, { details }))).toMatchObject(lost);
  expect(steps).toEqual([0]);
});

const cursor = {
  n: 0,
  results: 0,
  since: [],
  repeats: [],
  filter: { report: { type: 'end' }, milestone: 0, told_at: 0 },
};

test.each([
  { ...cursor, untold: { kind: 'unheard of' } },
  { ...cursor, untold: { kind: 'ended', end: { type: 'over' } } },
  { ...cursor, untold: 5 },
])('a heartbeat of another version is refused: $untold', (details) => {
  expect(() => readStanding(details, { type: 'end' }, 0)).toThrow(
    expect.objectContaining({ type: 'InvalidCheckpoint' }),
  );
});

test('a heartbeat from before this was carried is read as it was', () => {
  expect(readStanding(cursor, { type: 'end' }, 0)).toEqual({ cursor });
});

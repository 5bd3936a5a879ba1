/** A process that loses the hold on a call and gets it back goes on from where it knows the tool to be. */
import { CompleteAsyncError } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { CallEventSignal } from '../../contract/signals.ts';
import { aloneIn, conversation, SILENT } from '../../test/kit/played-call.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { createHost } from '../../test/kit/spools.ts';
import type { LocalTool } from '../../tools/define.ts';
import type { Attempt } from './attempt.ts';
import type { CallServer } from './call-server.ts';
import { type Holder, HoldLost, type WatchedCall } from './holder.ts';
import { createLiveCalls } from './live-calls.ts';
import { createLostHolds } from './lost-holds.ts';

const start = { conversation, call_id: 'call_1', tool: 'walk', input: {} };

const attempt = (number: number): Attempt => ({
  number,
  run: 'run_1',
  activity_id: '1',
  token: new Uint8Array(),
  scheduled_at: Date.now(),
  details: undefined,
  beat: () => {},
  told: new Promise(() => {}),
  reason: () => undefined,
  warn: () => {},
});

/** A tool of three steps, whose second report does not get through until the hold is lost. */
function createWalk(server: CallServer = SILENT, store = createMemoryStore()) {
  const steps: number[] = [];
  const told: CallEventSignal[] = [];
  const walk: LocalTool = {
    name: 'walk',
    description: 'Walks.',
    input: z.object({}),
    report: 'everything',
    async *run(_, call) {
      for (let step = Number(call.checkpoint ?? 0) + 1; step <= 3; step += 1) {
        steps.push(step);
        yield call.progress(step * 30, `step ${step}`, { checkpoint: step });
      }
      return 'there';
    },
  };
  const blocked = Promise.withResolvers<void>();
  let isBlocked = true;
  let watched: WatchedCall | undefined;
  const holder: Holder = {
    ...aloneIn(store),
    watch(call) {
      watched = call;
      return () => {};
    },
    async confirm(call) {
      if (!isBlocked || steps.length < 2) return;
      blocked.resolve();
      await new Promise((_, reject) =>
        call.signal.addEventListener('abort', () => reject(call.signal.reason)),
      );
    },
  };
  const calls = createLiveCalls({
    holder,
    server,
    catalogue: { tools: new Map([['walk', walk]]), agents: new Map() },
    bus: { publish: () => {} },
    store,
    settings: {
      MEANWHILE_MAX_RESULT_BYTES: 1_000,
      MEANWHILE_INLINE_RESULT_BYTES: 1_000,
      MEANWHILE_MAX_OUTPUT_BYTES: 1_000,
    },
    spools: createHost(),
    signalConversation: async (_, event) => void told.push(event),
    beat_ms: 1,
  });
  return {
    calls,
    steps,
    told,
    store,
    holder,
    blocked: blocked.promise,
    lose() {
      isBlocked = false;
      watched!.lose(new HoldLost('Another worker may have the call.'));
    },
  };
}

test('no step runs twice when no other process held the call in between, even if Temporal has no checkpoint', async () => {
  const { calls, steps, told, blocked, lose } = createWalk();
  const first = calls.run(start, attempt(1));
  await blocked;
  lose();
  await expect(first).rejects.toMatchObject({ type: 'HoldLost' });
  expect(await calls.run(start, attempt(2))).toEqual({ type: 'completed', result: 'there' });
  expect(steps).toEqual([1, 2, 3]);
  expect(told.map(({ n, note }) => [n, note])).toEqual([
    [1, 'step 1'],
    [2, 'step 2'],
    [3, 'step 3'],
  ]);
});

test('the process remembers how far the tool was when an attempt that is not current gives the hold up again', async () => {
  const answers: ('not_current' | 'current')[] = ['not_current', 'current'];
  const { calls, steps, blocked, lose } = createWalk({
    ...SILENT,
    stateOf: async () => answers.shift() ?? 'current',
  });
  const first = calls.run(start, attempt(1));
  await blocked;
  lose();
  await expect(first).rejects.toMatchObject({ type: 'HoldLost' });
  await expect(calls.run(start, attempt(2))).rejects.toBeInstanceOf(CompleteAsyncError);
  expect(await calls.run(start, attempt(3))).toEqual({ type: 'completed', result: 'there' });
  expect(steps).toEqual([1, 2, 3]);
});

test('a late attempt in another process, which Temporal has given up, does not make the first process forget', async () => {
  const { calls, steps, store, blocked, lose } = createWalk();
  const first = calls.run(start, attempt(1));
  await blocked;
  lose();
  await expect(first).rejects.toMatchObject({ type: 'HoldLost' });
  const another = createWalk({ ...SILENT, stateOf: async () => 'not_current' }, store);
  const late = { ...attempt(2), scheduled_at: Date.now() - 60_000 };
  await expect(another.calls.run(start, late)).rejects.toBeInstanceOf(CompleteAsyncError);
  expect(await calls.run(start, attempt(3))).toEqual({ type: 'completed', result: 'there' });
  expect(steps).toEqual([1, 2, 3]);
});

test('the cursor of a process is discarded once another process has held the call', async () => {
  const { calls, steps, store, holder, blocked, lose } = createWalk();
  const first = calls.run(start, attempt(1));
  await blocked;
  lose();
  await expect(first).rejects.toMatchObject({ type: 'HoldLost' });
  const name = { tenant: conversation.tenant, call_id: 'call_1' };
  const held = await store.holdCall(name, {
    holder: 'another',
    run: 'run_1',
    body: 'function',
    lease_ms: 0,
  });
  await holder.release(name, { holder: 'another', turn: held.outcome === 'taken' ? held.turn : 0 });
  await calls.run(start, attempt(2));
  expect(steps).toEqual([1, 2, 1, 2, 3]);
});

test('the oldest lost holds are forgotten, since other processes end most of them', () => {
  const lost = createLostHolds();
  const cursor = { n: 0 } as never;
  for (let i = 0; i <= 1_000; i++) lost.put(`call_${i}`, { turn: 1, cursor });
  expect(lost.take('call_0', 2)).toBeUndefined();
  expect(lost.take('call_1', 2)).toEqual({ cursor });
  expect(lost.take('call_1', 2)).toBeUndefined();
});

import { expect, test } from 'vitest';
import { createMemoryCalls } from '../../test/kit/memory-calls.ts';
import { StoreUnavailable } from '../../store/unavailable.ts';
import { createHolder, type HolderOptions, type WatchedCall } from './holder.ts';
import type { HolderClock } from './holder-timing.ts';

const NAME = { tenant: 'default', call_id: 'call_1' };
const who = { place: '', pid: 0, began: '' };

/** A holder whose clock a test moves, with one call that runs. */
async function stage({
  repeatable = true,
  ...options
}: Partial<HolderOptions> & { repeatable?: boolean } = {}) {
  let time = 0;
  /** How long the machine was suspended, with its monotonic clock. */
  let suspended = 0;
  const timers = new Set<{ due: number; ms?: number; work: () => void }>();
  const clock: HolderClock = {
    now: () => time,
    wall: () => time + suspended,
    pause: (ms) => new Promise((resolve) => timers.add({ due: time + ms, work: resolve })),
    every(ms, work) {
      const timer = { due: time + ms, ms, work };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const { forgetCalls: _, ...store } = createMemoryCalls(() => time);
  const state = { hasStore: true, hasTemporal: true, renewals: 0 };
  const warnings: string[] = [];
  const holder = createHolder({
    store: {
      ...store,
      async renewHolder(...given) {
        state.renewals += 1;
        if (!state.hasStore) throw new Error('The store is away.');
        return store.renewHolder(...given);
      },
    },
    who,
    isDead: async () => false,
    alone: false,
    warn: (message) => warnings.push(message),
    clock,
    ...options,
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  const held = await holder.hold(NAME, { run: 'r', body: 'function', attempt: 1 }, signal);
  const call: WatchedCall = {
    holder: held.by,
    repeatable,
    answered_at: -Infinity,
    heard_at: -Infinity,
    signal,
    lose: (reason) => stopping.abort(reason),
    async askTemporal() {
      if (state.hasTemporal) call.answered_at = call.heard_at = time;
    },
  };
  holder.watch(call);
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const fire = () => {
    for (const timer of timers) {
      if (timer.due > time) continue;
      if (timer.ms === undefined) timers.delete(timer);
      else timer.due = time + timer.ms;
      timer.work();
    }
  };
  return {
    holder,
    store,
    state,
    signal,
    warnings,
    call,
    /** The process runs. */
    async pass(ms: number) {
      for (const end = time + ms; time < end;) {
        time += 100;
        fire();
        await settle();
      }
    },
    suspend: (ms: number) => void (suspended += ms),
    /** The process freezes and then resumes. `before` runs at the moment when it resumes. */
    async freeze(ms: number, before: () => void = () => {}) {
      time += ms;
      fire();
      before();
      await settle();
    },
  };
}

test('the hold is renewed once a second while the store answers, however long Temporal is unavailable', async () => {
  const { pass, state, signal, holder, call } = await stage();
  state.hasTemporal = false;
  const before = state.renewals;
  await pass(60_000);
  expect(state.renewals - before).toBeGreaterThanOrEqual(50);
  expect(state.renewals - before).toBeLessThanOrEqual(60);
  expect([signal.aborted, holder.isCertain(call)]).toEqual([false, true]);
});

test('the tool goes on without the store while Temporal answers, with one warning', async () => {
  const { pass, state, signal, warnings } = await stage();
  state.hasStore = false;
  await pass(60_000);
  expect(signal.aborted).toBe(false);
  expect(warnings).toEqual(['The store did not renew the lease on the calls that run here.']);
});

test('the tool is stopped before another process can take the call when neither answers', async () => {
  const { pass, state, signal, store } = await stage();
  Object.assign(state, { hasStore: false, hasTemporal: false });
  await pass(5_000);
  expect(signal.aborted).toBe(false);
  await pass(2_000);
  expect(signal.reason).toMatchObject({ name: 'HoldLost', message: /^Neither the store nor/ });
  // At that moment the lease still runs.
  const asked = { holder: 'other', run: 'r', body: 'function' as const, lease_ms: 8_000 };
  expect(await store.holdCall(NAME, asked)).toMatchObject({ outcome: 'elsewhere' });
});

test('a process that is alone on the store renews nothing and stops nothing', async () => {
  const { pass, freeze, state, signal } = await stage({ alone: true });
  Object.assign(state, { hasStore: false, hasTemporal: false });
  await pass(60_000);
  await freeze(90_000);
  await pass(1_000);
  expect([signal.aborted, state.renewals]).toEqual([false, 0]);
});

test('a process that froze and was not replaced goes on, but is certain only after it has asked', async () => {
  const { pass, freeze, state, signal, holder, call } = await stage();
  state.hasTemporal = false;
  let wasCertain: boolean | undefined;
  await freeze(90_000, () => (wasCertain = holder.isCertain(call)));
  expect(wasCertain).toBe(false);
  await pass(1_000);
  expect([signal.aborted, holder.isCertain(call)]).toEqual([false, true]);
});

test('after a freeze, a tool goes on after a step only once Temporal has said that the call goes on', async () => {
  const { pass, freeze, state, signal, holder, call } = await stage({ repeatable: false });
  await pass(5_000);
  state.hasTemporal = false;
  await freeze(90_000);
  let isConfirmed = false;
  const confirmed = holder.confirm(call).then(() => (isConfirmed = true));
  await pass(60_000);
  // The store says that this process has the call, but would say so of a cancelled call, too.
  expect([isConfirmed, signal.aborted, holder.isCertain(call)]).toEqual([false, false, true]);
  state.hasTemporal = true;
  await pass(2_000);
  expect(await confirmed).toBe(true);
});

test('a process that was not frozen asks Temporal nothing while the store answers', async () => {
  const { pass, state, holder, call } = await stage();
  state.hasTemporal = false;
  await pass(60_000);
  await expect(holder.confirm(call)).resolves.toBeUndefined();
});

test('a process that has been replaced stops as soon as it asks', async () => {
  const { freeze, pass, signal, store } = await stage({ repeatable: false });
  const other = { holder: 'other', run: 'r', body: 'function' as const };
  await freeze(8_500);
  // It asks when it resumes, but the other process takes the call before the answer.
  expect(signal.aborted).toBe(false);
  await store.holdCall(NAME, { ...other, lease_ms: -1 });
  await pass(1_200);
  expect(signal.reason).toMatchObject({ name: 'HoldLost', message: /another one has the call/ });
});

test('after a freeze, a repeatable tool stops if there are other processes, and any other tool asks first', async () => {
  for (const repeatable of [true, false]) {
    const { pass, freeze, signal, store } = await stage({ repeatable });
    await store.renewHolder('other', who);
    await pass(1_200);
    let wasStopped: boolean | undefined;
    await freeze(7_000, () => (wasStopped = signal.aborted));
    expect(wasStopped).toBe(repeatable);
    await pass(1_000);
    expect(signal.aborted).toBe(repeatable);
  }
});

test('a machine that was suspended asks before it tells anything, even if its monotonic clock stood still', async () => {
  const { pass, suspend, state, signal, store } = await stage();
  await pass(1_200);
  suspend(90_000);
  state.hasTemporal = false;
  await store.holdCall(NAME, { holder: 'other', run: 'r', body: 'function', lease_ms: -1 });
  await pass(100);
  expect(signal.reason).toMatchObject({ name: 'HoldLost' });
});

test('a short freeze stops nothing', async () => {
  const { pass, freeze, signal, store } = await stage();
  await store.renewHolder('other', who);
  await pass(1_200);
  await freeze(4_000);
  await pass(10_000);
  expect(signal.aborted).toBe(false);
});

test.each([
  ['an error of the store is retried five times and fails the call', new Error('odd'), 5],
  [
    'an unavailable store is retried until it answers',
    new StoreUnavailable('away', { mayBeDone: false }),
    6,
  ],
])('%s', async (_, error, expected) => {
  const calls = createMemoryCalls(() => 0);
  let asked = 0;
  const holder = createHolder({
    store: {
      ...calls,
      async holdCall(...given) {
        asked += 1;
        if (asked <= 5) throw error;
        return calls.holdCall(...given);
      },
    },
    who,
    isDead: async () => false,
    alone: true,
    warn: () => {},
  });
  const { signal } = new AbortController();
  const held = holder.hold(NAME, { run: 'r', body: 'function', attempt: 1 }, signal);
  if (expected === 5) await expect(held).rejects.toBe(error);
  else expect(await held).toMatchObject({ outcome: 'fresh' });
  expect(asked).toBe(expected);
  await holder.close();
});

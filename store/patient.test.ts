import { describe, expect, test } from 'vitest';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { patient } from './patient.ts';
import { batch, message, replying, someone, started } from '../test/store/samples.ts';
import type { Store } from './store.ts';
import { StoreUnavailable } from './unavailable.ts';

/** A store that is unavailable for this many calls, and a clock that advances only in pauses. */
function awayFor(calls: number, mayBeDone = false) {
  const memory = createMemoryStore();
  const pauses: number[] = [];
  let asked = 0;
  let time = 0;
  const store = Object.fromEntries(
    Object.entries(memory).map(([name, method]: [string, any]) => [
      name,
      async (...args: unknown[]) => {
        asked += 1;
        if (asked > calls) return method(...args);
        // It is done, but the caller gets an error.
        if (mayBeDone) await method(...args);
        throw new StoreUnavailable('The store is away.', { mayBeDone });
      },
    ]),
  ) as unknown as Store;
  const waiting = patient(store, {
    now: () => time,
    async pause(milliseconds) {
      pauses.push(milliseconds);
      time += milliseconds;
    },
  });
  return { memory, store: waiting, pauses, asked: () => asked };
}

describe('a patient store', () => {
  test('retries after pauses that grow to a second', async () => {
    const { store, pauses } = awayFor(7);
    expect(await store.conversation(someone())).toBeUndefined();
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
  });

  test('gives up within seconds in a write of a task, and after about two minutes elsewhere', async () => {
    const short = awayFor(Infinity);
    await expect(short.store.tokensSpent({ tenant: 't', day: 'd' })).rejects.toBeInstanceOf(
      StoreUnavailable,
    );
    const sum = (pauses: number[]) => pauses.reduce((a, b) => a + b, 0);
    expect(sum(short.pauses)).toBeGreaterThan(110_000);
    const record = awayFor(Infinity);
    const asked = record.store.record(batch(someone(), [1, 1], 1, [message(1, 'a')]));
    await expect(asked).rejects.toBeInstanceOf(StoreUnavailable);
    expect(sum(record.pauses)).toBeGreaterThan(6_000);
    expect(sum(record.pauses)).toBeLessThanOrEqual(8_000);
  });

  test('does not retry other errors', async () => {
    const { store, pauses, asked } = awayFor(0);
    const gap = batch(someone(), [1, 1], 3, [message(3, 'a')]);
    await expect(store.record(gap)).rejects.toThrow('begins at 3');
    expect([pauses, asked()]).toEqual([[], 1]);
  });

  test('does not retry once it is closed', async () => {
    const { store } = awayFor(Infinity);
    await store.close().catch(() => {});
    await expect(store.conversation(someone())).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

describe('a write that was done although its answer was lost', () => {
  test('takes effect once: entries, a piece of a reply, a place in a queue, a key, a result', async () => {
    const one = someone();
    const { memory, store } = awayFor(0);
    await store.record(batch(one, [1, 1], 1, [message(1, 'a'), started(2, 1)], replying(1)));
    await store.beginDraft(one, 'reply_1', 1);
    const repeated = patient(twice(memory), { pause: async () => {} });
    await repeated.record(batch(one, [1, 2], 3, [message(3, 'b')], replying(1)));
    await repeated.appendDraft(one, { reply_id: 'reply_1', attempt: 1, offset: 0, text: 'Hello' });
    const place = { tenant: one.tenant, queue: 'q', call_id: 'call_1' };
    expect(await repeated.queueUp(place)).toBe(0);
    expect(await repeated.firstInQueue(place, 9)).toEqual(['call_1']);
    const key = { tenant: one.tenant, scope: 's', key: 'k' };
    // Its own claim, which it does not know for its own: the same answer, so it carries on as it would have.
    expect(await repeated.claim(key, 'hash', 1)).toEqual({ outcome: 'repeated', answer: 1 });
    expect(await repeated.keepResult(one, { call_id: 'call_1', n: 1 }, '"r"')).toBe('"r"');
    expect(await memory.window(one, { from: 1, to: 9 })).toHaveLength(3);
    expect((await memory.draft(one))?.text).toBe('Hello');
  });

  test('does not spend tokens twice', async () => {
    const memory = createMemoryStore();
    const of = { tenant: 't', day: '2030-01-31' };
    const store = patient(twice(memory), { pause: async () => {} });
    await store.spendTokens(of, 5);
    expect(await memory.tokensSpent(of)).toBe(5);
  });

  test('spends tokens when it was certainly not done before', async () => {
    const { memory, store } = awayFor(3);
    const of = { tenant: 't', day: '2030-01-31' };
    await store.spendTokens(of, 5);
    expect(await memory.tokensSpent(of)).toBe(5);
  });
});

/** A store that performs the first call of each method and loses its answer. */
function twice(memory: Store): Store {
  const lost = new Set<string>();
  const methods = Object.entries(memory).map(([name, method]: [string, any]) => [
    name,
    async (...args: unknown[]) => {
      const answer = await method(...args);
      if (lost.has(name)) return answer;
      lost.add(name);
      throw new StoreUnavailable('The answer was lost.', { mayBeDone: true });
    },
  ]);
  return Object.fromEntries(methods);
}

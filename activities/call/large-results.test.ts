import { describe, expect, test, vi } from 'vitest';
import { READ_TOOL } from '../../contract/names.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { away } from '../../test/kit/away.ts';
import { conversation, failed, MANY, play } from '../../test/kit/played-call.ts';
import type { CallContext } from '../../tools/define.ts';
import { Described } from '../../tools/described.ts';

/** `bytes` of JSON. */
const text = (bytes: number) => 'x'.repeat(bytes - 2);
const sizes = {
  settings: {
    MEANWHILE_MAX_RESULT_BYTES: 100_000,
    MEANWHILE_INLINE_RESULT_BYTES: 8_000,
    MEANWHILE_MAX_OUTPUT_BYTES: 10_000_000,
  },
};
const end = { call_id: 'call_1', n: 'end' as const };

describe('the result of a tool', () => {
  test.each([7_999, 8_000])('travels whole with %i bytes of 8,000', async (bytes) => {
    const store = createMemoryStore();
    const call = play(async () => text(bytes), { ...sizes, store });
    expect(await call.end).toEqual({ type: 'completed', result: text(bytes) });
    expect(await store.result(conversation, end)).toBeUndefined();
  });

  test('is stored aside with one byte more, and its beginning travels', async () => {
    const store = createMemoryStore();
    const call = play(async () => text(8_001), { ...sizes, store });
    expect(await call.end).toEqual({
      type: 'completed',
      result: null,
      stored: { n: 'end', bytes: 8_001, head: 'x'.repeat(2_000) },
    });
    expect(await store.result(conversation, end)).toBe(JSON.stringify(text(8_001)));
  });

  test('travels with the beginning of its JSON when it is not a string', async () => {
    const rows = Array.from({ length: 1_000 }, (_, id) => ({ id }));
    const call = play(async () => rows, sizes);
    const head = JSON.stringify(rows).slice(0, 2_000);
    expect(await call.end).toMatchObject({ stored: { head } });
  });

  test.each([
    ['across', 'x', 2_001],
    ['at', '', 2_000],
  ])('is cut between two characters when one is %s the bound', async (_, before, length) => {
    const call = play(async () => before + '😀'.repeat(3_000), sizes);
    const { stored } = (await call.end) as { stored: { head: string } };
    expect(stored.head.isWellFormed()).toBe(true);
    expect(stored.head).toHaveLength(length);
  });

  test('is measured in bytes, not in characters', async () => {
    expect(await play(async () => 'é'.repeat(4_000), sizes).end).toMatchObject({
      stored: { bytes: 8_002 },
    });
  });

  test('is stored whole when a part is not for a model, and the readable part travels', async () => {
    const store = createMemoryStore();
    const whole = { image: text(5_000) };
    const readable = 'an image';
    const call = play(async () => new Described({ readable, whole }), { ...sizes, store });
    expect(await call.end).toEqual({
      type: 'completed',
      result: 'an image',
      stored: { n: 'end', bytes: JSON.stringify(whole).length, head: 'an image' },
    });
    expect(await store.result(conversation, end)).toBe(JSON.stringify(whole));
  });

  test('travels as the beginning of its readable part when that is large too', async () => {
    const described = new Described({ readable: text(9_000), whole: { image: 'x' } });
    const call = play(async () => described, sizes);
    expect(await call.end).toMatchObject({ result: null, stored: { head: 'x'.repeat(2_000) } });
  });

  test('fails the call above the maximum size', async () => {
    const store = createMemoryStore();
    const call = play(async () => text(100_001), { ...sizes, store });
    expect(await call.end).toEqual(failed('ResultTooLarge', /at most 100000 are allowed/));
    expect(await store.result(conversation, end)).toBeUndefined();
  });
});

describe('a large partial result', () => {
  const yields = (...values: string[]) =>
    async function* (_: unknown, { result }: CallContext) {
      for (const value of values) yield result(value);
    };

  test('is stored before it is told', async () => {
    const store = createMemoryStore();
    const call = play(yields('small', text(9_000)), {
      ...sizes,
      store,
      tool: MANY,
      async signalConversation(_, { n, data, stored }) {
        const whole = await store.result(conversation, { call_id: 'call_1', n });
        if (n === 1) expect([data, stored, whole]).toEqual(['small', undefined, undefined]);
        else expect([data, stored?.n, whole]).toEqual([undefined, 2, JSON.stringify(text(9_000))]);
      },
    });
    expect(await call.end).toMatchObject({ type: 'completed' });
  });

  test('stays the same after a crash, even if the tool then yields something else', async () => {
    const store = createMemoryStore();
    const [first, second] = [`a${text(9_000)}`, `b${text(9_500)}`];
    const before = play(yields(first), { ...sizes, store, tool: MANY });
    await before.end;
    // The next attempt knows nothing of a worker that crashed before its heartbeat.
    const after = play(yields(second), { ...sizes, store, tool: MANY, attempt: 2 });
    await after.end;
    expect(after.told).toEqual(before.told);
    const whole = await store.result(conversation, { call_id: 'call_1', n: 1 });
    expect(whole).toBe(JSON.stringify(first));
  });

  test('that was told before a crash is recognised by its whole value, not by its beginning', async () => {
    const store = createMemoryStore();
    const values = [1, 2].map((end) => `${text(9_000)}${end}`);
    const before = play(yields(values[0]!), { ...sizes, store, tool: MANY });
    await before.end;
    const details = before.beats.at(-1);
    const after = play(yields(...values), { ...sizes, store, tool: MANY, attempt: 2, details });
    await after.end;
    expect(after.told.map(({ n }) => n)).toEqual([2]);
  });
});

test('a call waits for an unavailable store instead of failing, and ends once', async () => {
  let attempts = 0;
  const store = createMemoryStore();
  const call = play(async () => text(9_000), {
    ...sizes,
    store: {
      ...store,
      async keepResult(...given) {
        attempts += 1;
        if (attempts < 3) throw away();
        return store.keepResult(...given);
      },
    },
  });
  expect(await call.end).toMatchObject({ type: 'completed', stored: { bytes: 9_000 } });
  expect(call.logged).toEqual(Array(2).fill('A large result could not be stored. Retrying.'));
});

test('a call that is cancelled while the store is unavailable stops', async () => {
  const asked = Promise.withResolvers<void>();
  const call = play(async () => text(9_000), {
    ...sizes,
    store: {
      ...createMemoryStore(),
      keepResult: () => {
        asked.resolve();
        return Promise.reject(away());
      },
    },
  });
  await asked.promise;
  call.environment.cancel();
  await expect(call.end).rejects.toThrow('CANCELLED');
});

test('the parts that read_result returns are never stored aside themselves', async () => {
  const store = createMemoryStore();
  const call = play(async () => text(9_000), { ...sizes, store, tool: { name: READ_TOOL } });
  expect(await call.end).toEqual({ type: 'completed', result: text(9_000) });
});

describe('a tool can read a stored result', () => {
  const keep = async (of = conversation) => {
    const store = createMemoryStore();
    await store.keepResult(of, { call_id: 'call_0', n: 2 }, '{"a":1}');
    return play(async (_, { storedResult }) => [await storedResult('call_0', 2)], { store }).end;
  };

  test('of its own conversation, exactly as it was returned', async () => {
    expect(await keep()).toEqual({ type: 'completed', result: [{ a: 1 }] });
  });

  test('even if the store is unavailable for a moment', async () => {
    const store = createMemoryStore();
    const result = vi.fn<typeof store.result>(async () => '1');
    result.mockRejectedValueOnce(away());
    const reads = play(async (_, call) => call.storedResult('call_0', 2), {
      store: { ...store, result },
    });
    expect(await reads.end).toEqual({ type: 'completed', result: 1 });
    expect(reads.logged).toEqual(['A large result could not be read. Retrying.']);
  });

  test.each([
    ['conversation', { ...conversation, id: 'another' }],
    ['tenant', { ...conversation, tenant: 'another' }],
  ])('but none of another %s', async (_, whose) => {
    expect(await keep(whose)).toEqual({ type: 'completed', result: [null] });
  });
});

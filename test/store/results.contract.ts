/** The contract of large results, for every store. */
import { describe, expect, test } from 'vitest';
import { batch, messages, someone } from './samples.ts';
import { setAside } from '../../store/set-aside.ts';
import type { Store } from '../../store/store.ts';

export function resultsContract(store: () => Store): void {
  describe('a large result', () => {
    const first = { call_id: 'call_a', n: 1 };
    const end = { call_id: 'call_a', n: 'end' as const };

    test('is found again, character by character', async () => {
      const one = someone();
      const json = JSON.stringify({ text: 'a "b" \\ \n \u0001 é 日本 😀', n: 1e21 });
      expect(await store().keepResult(one, end, json)).toBe(json);
      expect(await store().result(one, end)).toBe(json);
    });

    test('stays unchanged when it is stored again, even with other content', async () => {
      const one = someone();
      for (const json of ['"a"', '"a"', '"b"']) {
        expect(await store().keepResult(one, first, json)).toBe('"a"');
      }
      expect(await store().result(one, first)).toBe('"a"');
    });

    test('is stored once by concurrent writes, all of which are told which one it is', async () => {
      const one = someone();
      const all = Array.from({ length: 10 }, (_, i) => store().keepResult(one, end, `"${i}"`));
      const told = new Set(await Promise.all(all));
      expect([...told]).toEqual([await store().result(one, end)]);
    });

    test('is that of its number, call, conversation and tenant alone', async () => {
      const one = someone();
      await store().keepResult(one, first, '"mine"');
      await store().keepResult(one, { ...first, n: 11 }, '"another"');
      expect(await store().result(one, first)).toBe('"mine"');
      for (const [whose, which] of [
        [one, end],
        [one, { ...first, call_id: 'call_b' }],
        [{ ...one, id: 'other' }, first],
        [{ ...one, tenant: 'other' }, first],
      ] as const) {
        expect(await store().result(whose, which)).toBeUndefined();
      }
    });

    test('is neither pruned nor taken back', async () => {
      const one = someone();
      await store().record(batch(one, [1, 1], 1, messages(1, 'a', 'b')));
      await store().keepResult(one, end, '"a"');
      await store().record(batch(one, [1, 2], 1, messages(1, 'c')));
      await store().prune(new Date(0).toISOString());
      expect(await store().result(one, end)).toBe('"a"');
    });

    test('may be as large as one may be by default', async () => {
      const one = someone();
      const result = 'é"'.repeat(2_499_999);
      const stored = await setAside(store(), one, { ...end, result }, 8_000);
      expect(stored).toEqual({ n: 'end', bytes: 9_999_998, head: result.slice(0, 2_000) });
      expect(JSON.parse((await store().result(one, end))!) === result).toBe(true);
    });
  });
}

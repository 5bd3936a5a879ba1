/** The contract of retention, for every store: what is closed for long leaves it, and nothing else. */
import { describe, expect, test } from 'vitest';
import type { EntryOf } from '../../contract/entry.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { Store } from '../../store/store.ts';
import { batch, idle, messages, someone } from './samples.ts';

const at = '2030-01-02T03:04:05.678Z';
const soon = () => new Date(Date.now() + 3_600_000).toISOString();

const requested = (seq: number, call_id: string): EntryOf<'call.requested'> => ({
  seq,
  at,
  kind: 'call.requested',
  actor: { type: 'agent', id: 'default' },
  cause: [1],
  call_id,
  tool: 'pay',
  input: {},
});

export function retentionContract(store: () => Store): void {
  describe('retention', () => {
    const dueOf = async (tenant: string, before: string) =>
      (await store().due(before, { limit: 10_000, skip: 0 })).filter(
        (each) => each.tenant === tenant,
      );

    /** With a call that has run, a large result, a draft and progress. */
    async function closed(one: ConversationKey = someone()): Promise<ConversationKey> {
      const call_id = `call_of_${one.id}`;
      await store().open(one, { agent: 'helper', metadata: { a: 1 }, at });
      await store().record(batch(one, [1, 1], 1, [...messages(1, 'a'), requested(2, call_id)]));
      const call = { tenant: one.tenant, call_id };
      await hold(call, 'first');
      await store().endCall(call, { holder: 'first', turn: 1 }, { type: 'cancelled' });
      await store().keepResult(one, { call_id, n: 'end' }, '"large"');
      await store().setProgress(one, call_id, { percent: 1, at });
      await store().record(batch(one, [1, 2], 3, messages(3, 'b'), { ...idle, status: 'closed' }));
      return one;
    }
    const hold = (call: { tenant: string; call_id: string }, holder: string) =>
      store().holdCall(call, { holder, run: 'r', body: 'function', lease_ms: 1 });
    const seen = { last_seq: 3, revision: 0 };

    test('a conversation is due once it was closed before the given time, and an open one never', async () => {
      const one = await closed();
      const open = { ...one, id: 'open' };
      await store().record(batch(open, [1, 1], 1, messages(1, 'a')));
      expect(await dueOf(one.tenant, soon())).toEqual([{ ...one, closed_at: expect.any(String) }]);
      expect(await dueOf(one.tenant, new Date(Date.now() - 3_600_000).toISOString())).toEqual([]);
    });

    test('what was closed first is due first', async () => {
      const first = await closed();
      // The moments differ.
      await expect.poll(() => dueOf(first.tenant, new Date().toISOString())).toHaveLength(1);
      const second = await closed({ ...first, id: 'second' });
      expect((await dueOf(first.tenant, soon())).map(({ id }) => id)).toEqual([
        first.id,
        second.id,
      ]);
    });

    test('what leaves the store takes everything with it, and is remembered with its file', async () => {
      const one = await closed();
      const other = await closed({ ...one, id: 'other' });
      expect(await store().retire(one, { seen, at, file: 'a/b.jsonl.gz' })).toBe(true);
      const call_id = `call_of_${one.id}`;
      expect(await store().conversation(one)).toBeUndefined();
      expect(await store().entries(one, { after: 0, limit: 9 })).toBeUndefined();
      expect(await store().window(one, { from: 1, to: 9 })).toEqual([]);
      expect(await store().result(one, { call_id, n: 'end' })).toBeUndefined();
      expect(await store().progress(one, [call_id])).toEqual(new Map());
      expect(await hold({ tenant: one.tenant, call_id }, 'x')).toMatchObject({ outcome: 'fresh' });
      expect(await store().retired(one)).toEqual({ retired_at: at, file: 'a/b.jsonl.gz' });

      expect(await store().window(other, { from: 1, to: 9 })).toHaveLength(3);
      expect(await store().retired(other)).toBeUndefined();
      const kept = { tenant: one.tenant, call_id: `call_of_${other.id}` };
      expect(await hold(kept, 'x')).toMatchObject({ outcome: 'ended' });
    });

    test('without an archive no file is remembered', async () => {
      const one = await closed();
      await store().retire(one, { seen, at });
      expect(await store().retired(one)).toEqual({ retired_at: at });
    });

    test('nothing leaves that is open, was written to since, or is of another tenant', async () => {
      const one = await closed();
      for (const stale of [
        { last_seq: 2, revision: 0 },
        { last_seq: 3, revision: 1 },
      ]) {
        expect(await store().retire(one, { seen: stale, at })).toBe(false);
      }
      expect(await store().retire({ ...one, tenant: 'another' }, { seen, at })).toBe(false);
      const open = someone();
      await store().record(batch(open, [1, 1], 1, messages(1, 'a')));
      const seenOpen = { last_seq: 1, revision: 0 };
      expect(await store().retire(open, { seen: seenOpen, at })).toBe(false);
      expect(await store().window(one, { from: 1, to: 9 })).toHaveLength(3);
      expect(await store().window(open, { from: 1, to: 9 })).toHaveLength(1);
    });

    test('of several that remove the same at once, one does', async () => {
      const one = await closed();
      const all = Array.from({ length: 5 }, () => store().retire(one, { seen, at }));
      expect((await Promise.all(all)).filter(Boolean)).toHaveLength(1);
    });

    test('a conversation that has left is remembered for a year', async () => {
      const one = await closed();
      const days = (n: number) => new Date(Date.parse(at) + n * 24 * 3_600_000).toISOString();
      await store().retire(one, { seen, at });
      await store().prune(days(330));
      expect(await store().retired(one)).toBeDefined();
      await store().prune(days(340));
      expect(await store().retired(one)).toBeUndefined();
    });
  });
}

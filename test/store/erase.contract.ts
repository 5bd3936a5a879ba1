/** The contract of erasing a conversation's words, for every store. */
import { describe, expect, test } from 'vitest';
import type { EntryOf } from '../../contract/entry.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { Store } from '../../store/store.ts';
import { batch, idle, messages, someone } from './samples.ts';

const at = '2030-01-02T03:04:05.678Z';
const WORDS = 'what was said';

const requested = (seq: number, call_id: string): EntryOf<'call.requested'> => ({
  ...{ seq, at, kind: 'call.requested', cause: [1], call_id },
  ...{ actor: { type: 'agent', id: 'default' }, tool: 'echo', input: { words: WORDS } },
});

export function eraseContract(store: () => Store): void {
  describe('erasing', () => {
    /** A closed conversation with words in every place that has any. */
    async function closed(): Promise<ConversationKey & { call_id: string }> {
      const key = someone();
      const { tenant, id } = key;
      const call_id = `call_${id.slice(0, 8)}`;
      const s = store();
      const answer = { id, agent: 'default', metadata: { WORDS } };
      await s.claim({ tenant, scope: 'conversations', key: 'k' }, 'hash', answer);
      await s.claim({ tenant, scope: `messages of ${id}`, key: 'k' }, 'hash', {});
      await s.claim({ tenant, scope: `pushes of ${call_id}`, key: '1' }, 'hash', {});
      await s.open(key, { agent: 'default', metadata: { WORDS }, at });
      const end = {
        ...idle,
        status: 'closed' as const,
        usage: { input_tokens: 3, output_tokens: 4 },
      };
      const entries = [...messages(1, WORDS), requested(2, call_id)];
      await s.record(batch(key, [1, 1], 1, entries, idle));
      await s.setProgress(key, call_id, { note: WORDS, at });
      await s.keepResult(key, { call_id, n: 'end' }, JSON.stringify(WORDS));
      await s.record(batch(key, [1, 2], 3, messages(3, WORDS), end));
      return { ...key, call_id };
    }

    test('leaves a tombstone: who, what it cost and when, and no words', async () => {
      const { call_id, ...key } = await closed();
      const s = store();
      expect(await s.erase(key, at)).toEqual({ call_ids: [call_id] });
      expect(await s.conversation(key)).toMatchObject({
        id: key.id,
        status: 'closed',
        metadata: {},
        calls: [],
        usage: { input_tokens: 3, output_tokens: 4 },
        last_seq: 0,
        erased_at: at,
      });
      expect((await s.entries(key, { after: 0, limit: 9 }))?.entries).toEqual([]);
      expect(await s.result(key, { call_id, n: 'end' })).toBeUndefined();
      expect([...(await s.progress(key, [call_id]))]).toEqual([]);
      expect((await s.list(key.tenant, { limit: 9 })).conversations).toHaveLength(1);
    });

    test('tells a reader to forget everything', async () => {
      const { call_id: _, ...key } = await closed();
      const before = (await store().conversation(key))!;
      await store().erase(key, at);
      const position = { after: 2, revision: before.revision, limit: 9 };
      expect(await store().follow(key, position)).toMatchObject({
        rewind: 0,
        entries: [],
        status: 'closed',
      });
    });

    test('can be repeated, and still names the calls', async () => {
      const { call_id, ...key } = await closed();
      await store().erase(key, at);
      const again = await store().erase(key, '2031-01-01T00:00:00.000Z');
      expect(again).toEqual({ call_ids: [call_id] });
      expect((await store().conversation(key))?.erased_at).toBe(at);
    });

    test('lets nothing be written afterwards', async () => {
      const { call_id, ...key } = await closed();
      await store().erase(key, at);
      const late = batch(key, [1, 3], 1, messages(1, WORDS), idle);
      const fence = { ...late.fence, run_id: 'late' };
      const recorded = await store().record({ ...late, fence }, { committed: true });
      expect(recorded.outcome).toBe('other_run');
      await store().keepResult(key, { call_id, n: 1 }, JSON.stringify(WORDS));
      expect(await store().result(key, { call_id, n: 1 })).toBeUndefined();
    });

    test('forgets what keys were used for, but no key begins a conversation of this id again', async () => {
      const { call_id, ...key } = await closed();
      const { tenant, id } = key;
      await store().erase(key, at);
      const claim = (scope: string, of = 'k') =>
        store().claim({ tenant, scope, key: of }, 'hash', null);
      expect(await claim('conversations')).toEqual({ outcome: 'conflict' });
      expect(await claim(`messages of ${id}`)).toEqual({ outcome: 'fresh' });
      expect(await claim(`pushes of ${call_id}`, '1')).toEqual({ outcome: 'fresh' });
    });

    test('is refused while the conversation is open, and knows no conversation of another tenant', async () => {
      const key = someone();
      await store().record(batch(key, [1, 1], 1, messages(1, WORDS), idle));
      expect(await store().erase(key, at)).toBe('open');
      const { call_id: _, ...other } = await closed();
      expect(await store().erase({ ...other, tenant: key.tenant }, at)).toBeUndefined();
      expect((await store().entries(other, { after: 0, limit: 9 }))?.entries).toHaveLength(3);
    });

    test('the calls erased since a given time are listed', async () => {
      const { call_id, ...key } = await closed();
      await store().erase(key, at);
      const mine = { tenant: key.tenant, call_id };
      expect(await store().erasedCalls('2030-01-01T00:00:00.000Z')).toContainEqual(mine);
      expect(await store().erasedCalls('2030-02-01T00:00:00.000Z')).not.toContainEqual(mine);
    });
  });
}

/** The contract of a store between tenants: the same ids in two tenants are two things. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Store } from '../../store/store.ts';
import { batch, idle, messages, replying, started } from './samples.ts';

interface Two {
  store: Store;
  id: string;
  theirs: { tenant: string; id: string };
  mine: { tenant: string; id: string };
}

const at = '2030-01-02T03:04:05.678Z';
const call_id = 'call_1';
const n = 'end' as const;
const hold = { run: 'r', body: 'function' as const, lease_ms: 60_000 };
const day = '2030-01-02';

/** Each tries, in the tenant `mine`, what exists in `theirs`. */
const READS: Partial<Record<keyof Store, (two: Two) => Promise<unknown>>> = {
  conversation: ({ store, mine }) => store.conversation(mine),
  writer: ({ store, mine }) => store.writer(mine),
  entries: ({ store, mine }) => store.entries(mine, { after: 0, limit: 9 }),
  follow: ({ store, mine }) => store.follow(mine, { after: 0, revision: 0, limit: 9 }),
  draft: ({ store, mine }) => store.draft(mine),
  result: ({ store, mine }) => store.result(mine, { call_id, n }),
};

const EMPTY: Partial<Record<keyof Store, (two: Two) => Promise<unknown>>> = {
  list: async ({ store, mine }) => (await store.list(mine.tenant, { limit: 9 })).conversations,
  search: async ({ store, mine }) =>
    (await store.search(mine.tenant, { words: ['theirs'], limit: 9 })).conversations,
  marks: async ({ store, mine }) => (await store.marks([mine])).filter(Boolean),
  window: ({ store, mine }) => store.window(mine, { from: 1, to: 9 }),
  progress: async ({ store, mine }) => [...(await store.progress(mine, [call_id]))],
  firstInQueue: ({ store, mine }) => store.firstInQueue({ tenant: mine.tenant, queue: 'q' }, 9),
  listKeys: ({ store, mine }) => store.listKeys([mine.tenant]),
};

export function tenantsContract(store: () => Store): void {
  describe('two tenants with the same ids', () => {
    const two = async (): Promise<Two> => {
      const id = randomUUID();
      const [theirs, mine] = [randomUUID(), randomUUID()].map((tenant) => ({ tenant, id }));
      return { store: store(), id, theirs: theirs!, mine: mine! };
    };

    async function fill({ store: s, theirs }: Two): Promise<void> {
      await s.open(theirs, { agent: 'default', metadata: { a: 1 }, at });
      const entries = [...messages(1, 'theirs'), started(2, 1)];
      await s.record(batch(theirs, [1, 1], 1, entries, replying(1)));
      await s.beginDraft(theirs, 'reply_1', 1);
      await s.appendDraft(theirs, { reply_id: 'reply_1', attempt: 1, text: 'so far' });
      await s.setProgress(theirs, call_id, { percent: 5, at });
      await s.keepResult(theirs, { call_id, n }, '"theirs"');
      await s.claim({ tenant: theirs.tenant, scope: 's', key: 'k' }, 'hash', 'theirs');
      await s.queueUp({ tenant: theirs.tenant, queue: 'q', call_id });
      await s.renewHolder(theirs.tenant, { place: '', pid: 1, began: at });
      await s.holdCall({ tenant: theirs.tenant, call_id }, { ...hold, holder: theirs.tenant });
      await s.spendTokens({ tenant: theirs.tenant, day }, 100);
    }

    test('do not see each other', async () => {
      const both = await two();
      await fill(both);
      for (const [method, read] of Object.entries(READS)) {
        expect(await read(both), method).toBeUndefined();
      }
      for (const [method, read] of Object.entries(EMPTY)) {
        expect(await read(both), method).toEqual([]);
      }
      const { store: s, mine } = both;
      expect(await s.tokensSpent({ tenant: mine.tenant, day })).toBe(0);
      const claim = await s.claim({ tenant: mine.tenant, scope: 's', key: 'k' }, 'other', 'mine');
      expect(claim).toEqual({ outcome: 'fresh' });
      expect(await s.queueUp({ tenant: mine.tenant, queue: 'q', call_id })).toBe(0);
      const held = await s.holdCall({ tenant: mine.tenant, call_id }, { ...hold, holder: 'other' });
      expect(held).toEqual({ outcome: 'fresh', turn: 1 });
    });

    test('search their own words alone', async () => {
      const both = await two();
      await fill(both);
      const { store: s, theirs, mine } = both;
      await s.open(mine, { agent: 'default', metadata: { title: 'not theirs' }, at });
      await s.record(batch(mine, [1, 1], 1, messages(1, 'mine'), idle));
      const found = async (tenant: string, word: string) =>
        (await s.search(tenant, { words: [word], limit: 9 })).conversations;
      const [own] = await found(mine.tenant, 'theirs');
      expect(own).toMatchObject({ id: mine.id, metadata: { title: 'not theirs' } });
      expect(own).not.toHaveProperty('excerpt');
      expect(await found(theirs.tenant, 'mine')).toEqual([]);
    });

    test('do not change each other', async () => {
      const both = await two();
      const { store: s, theirs, mine } = both;
      await fill(both);
      await s.record(batch(mine, [9, 9], 1, messages(1, 'mine'), idle));
      await s.beginDraft(mine, 'reply_1', 7);
      await s.appendDraft(mine, { reply_id: 'reply_1', attempt: 7, text: 'mine' });
      await s.setProgress(mine, call_id, { percent: 99, at });
      await s.keepResult(mine, { call_id, n }, '"mine"');
      await s.leaveQueues(mine.tenant, call_id);
      await s.spendTokens({ tenant: mine.tenant, day }, 7);
      const foreign = { tenant: mine.tenant, call_id };
      expect(
        await s.endCall(foreign, { holder: theirs.tenant, turn: 1 }, {
          status: 'completed',
        } as never),
      ).toBe(false);
      await s.releaseCall(foreign, { holder: theirs.tenant, turn: 1 });

      expect(await s.window(theirs, { from: 1, to: 9 })).toMatchObject([{ text: 'theirs' }, {}]);
      expect(await s.draft(theirs)).toMatchObject({ attempt: 1, text: 'so far' });
      expect((await s.progress(theirs, [call_id])).get(call_id)).toMatchObject({ percent: 5 });
      expect(await s.result(theirs, { call_id, n })).toBe('"theirs"');
      expect(await s.firstInQueue({ tenant: theirs.tenant, queue: 'q' }, 9)).toEqual([call_id]);
      expect(await s.tokensSpent({ tenant: theirs.tenant, day })).toBe(100);
      const held = await s.holdCall({ tenant: theirs.tenant, call_id }, { ...hold, holder: 'x' });
      expect(held).toMatchObject({ outcome: 'elsewhere', holder: theirs.tenant });
    });
  });
}

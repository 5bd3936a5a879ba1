/** The contract of conversations, progress of calls and idempotency keys, for every store. */
import { describe, expect, test } from 'vitest';
import { DEEPEST_READ } from '../../store/read-json.ts';
import { batch, idle, messages, replying, someone } from './samples.ts';
import type { Store } from '../../store/store.ts';

const facts = {
  agent: 'helper',
  metadata: { z: 1, a: { 'quote"': '\u0000 \ud83d' } },
  at: '2025-01-02T03:04:05.678Z',
};

export function conversationsContract(store: () => Store): void {
  describe('opening a conversation', () => {
    test('makes it known, with nothing in it', async () => {
      const one = someone();
      await store().open(one, facts);
      expect(await store().conversation(one)).toEqual({
        ...idle,
        id: one.id,
        agent: 'helper',
        metadata: facts.metadata,
        created_at: facts.at,
        updated_at: expect.any(String),
        last_seq: 0,
        revision: 0,
      });
      expect(await store().entries(one, { after: 0, limit: 9 })).toEqual({
        entries: [],
        revision: 0,
      });
    });

    test('a second time changes nothing', async () => {
      const one = someone();
      await store().open(one, facts);
      const before = await store().conversation(one);
      await store().open(one, { agent: 'other', metadata: {}, at: '2026-01-01T00:00:00.000Z' });
      expect(await store().conversation(one)).toEqual(before);
    });

    test('with metadata nested deeper than is taken today, as an older version stored it, can be read', async () => {
      const { tenant } = someone();
      const [deep, other] = [
        { tenant, id: 'deep' },
        { tenant, id: 'other' },
      ];
      const nested = '['.repeat(3_800) + ']'.repeat(3_800);
      await store().open(deep, { ...facts, metadata: { a: JSON.parse(nested), b: 1 } });
      await store().open(other, facts);
      const { conversations } = await store().list(tenant, { limit: 9 });
      expect(conversations.map(({ id }) => id)).toEqual(['other', 'deep']);
      const found = (await store().conversation(deep))!;
      expect(found.metadata.b).toBe(1);
      let inner = found.metadata.a;
      let levels = 1;
      for (; Array.isArray(inner); levels += 1) [inner] = inner;
      expect(levels).toBe(DEEPEST_READ);
      expect(inner).toHaveLength(2 * (3_801 - DEEPEST_READ));
      expect(() => JSON.stringify(conversations)).not.toThrow();
    });

    test('before or after its first record has the same result', async () => {
      const [before, after] = [someone(), someone()];
      await store().open(before, facts);
      for (const one of [before, after]) {
        await store().record(batch(one, [1, 5], 1, messages(1, 'a', 'b'), replying(1)));
      }
      expect(await store().conversation(after)).toMatchObject({ agent: 'default', metadata: {} });
      await store().open(after, facts);

      const opened = await store().conversation(after);
      expect(await store().conversation(before)).toEqual({
        ...opened,
        id: before.id,
        updated_at: expect.any(String),
      });
      expect(opened).toMatchObject({ ...replying(1), agent: 'helper', created_at: facts.at });
      expect(opened).toMatchObject({ last_seq: 2, revision: 0 });
      expect(await store().record(batch(after, [1, 4], 3, []))).toEqual({ outcome: 'refused' });
    });
  });

  describe('the list of conversations', () => {
    /** Created in the order of their names; two of them in the same moment. */
    const several = async () => {
      const { tenant } = someone();
      const moments = ['01', '02', '02', '03', '04'];
      for (const [index, second] of moments.entries()) {
        const at = `2025-01-01T00:00:${second}.000Z`;
        await store().open({ tenant, id: `c${index + 1}` }, { ...facts, at });
      }
      return tenant;
    };

    test('is newest first, in pages, each conversation once', async () => {
      const tenant = await several();
      const pages: string[][] = [];
      let after: string | undefined;
      do {
        const page = await store().list(tenant, { after, limit: 2 });
        pages.push(page.conversations.map((each) => each.id));
        after = page.next_after;
      } while (after);
      expect(pages).toEqual([['c5', 'c4'], ['c3', 'c2'], ['c1']]);
    });

    test('names no next page where the last one is exactly full', async () => {
      const tenant = await several();
      expect(await store().list(tenant, { limit: 5 })).not.toHaveProperty('next_after');
    });

    test('stays in place when a conversation comes in between the pages', async () => {
      const tenant = await several();
      await store().open({ tenant, id: 'c6' }, { ...facts, at: '2025-02-01T00:00:00.000Z' });
      const page = await store().list(tenant, { after: 'c4', limit: 2 });
      expect(page.conversations.map((each) => each.id)).toEqual(['c3', 'c2']);
    });

    test('can be of one status, and is of one tenant', async () => {
      const tenant = await several();
      for (const id of ['c2', 'c4']) {
        await store().record(batch({ tenant, id }, [1, 1], 1, messages(1, 'a'), replying(1)));
      }
      const ids = async (of: string, status: 'idle' | 'replying' | 'closed', after?: string) =>
        (await store().list(of, { status, after, limit: 9 })).conversations.map((each) => each.id);
      expect(await ids(tenant, 'replying')).toEqual(['c4', 'c2']);
      expect(await ids(tenant, 'idle', 'c4')).toEqual(['c3', 'c1']);
      expect(await ids(tenant, 'closed')).toEqual([]);
      expect(await ids('nobody', 'idle')).toEqual([]);
      expect((await store().list(tenant, { after: 'unknown', limit: 9 })).conversations).toEqual(
        [],
      );
    });
  });

  test('the progress of a call is the latest', async () => {
    const one = someone();
    const latest = { percent: 50, note: 'half \u0000', at: facts.at };
    await store().setProgress(one, 'call_a', { percent: 10, at: facts.at });
    await store().setProgress(one, 'call_a', latest);
    await store().setProgress(one, 'call_b', { at: facts.at });
    expect(await store().progress(one, ['call_a', 'call_c'])).toEqual(
      new Map([['call_a', latest]]),
    );
    expect(await store().progress(one, [])).toEqual(new Map());
    expect(await store().progress(someone(), ['call_a'])).toEqual(new Map());
  });

  describe('an idempotency key', () => {
    const key = () => ({ ...someone(), scope: 'messages', key: 'k"1' });

    test('gives the first answer to a repeat of the body, and a conflict to another body', async () => {
      const one = key();
      const answer = { message_id: 'm\u0000' };
      expect(await store().claim(one, 'hash', answer)).toEqual({ outcome: 'fresh' });
      expect(await store().claim(one, 'hash', { message_id: 'other' })).toEqual({
        outcome: 'repeated',
        answer,
      });
      expect(await store().claim(one, 'other hash', answer)).toEqual({ outcome: 'conflict' });
      for (const other of [
        { ...one, tenant: 'other' + one.tenant },
        { ...one, scope: 'conversations' },
        { ...one, key: 'k2' },
      ]) {
        expect(await store().claim(other, 'hash', answer)).toEqual({ outcome: 'fresh' });
      }
    });

    test('claimed by many at once is fresh for exactly one, whose answer all others get', async () => {
      const one = key();
      const claims = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => ({
          index,
          claim: await store().claim(one, 'hash', { by: index }),
        })),
      );
      const first = claims.filter(({ claim }) => claim.outcome === 'fresh');
      expect(first).toHaveLength(1);
      const others = claims.filter(({ claim }) => claim.outcome !== 'fresh');
      for (const { claim } of others) {
        expect(claim).toEqual({ outcome: 'repeated', answer: { by: first[0]!.index } });
      }
    });
  });
}

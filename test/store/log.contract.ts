/** The contract of reading a log, for every store. */
import { describe, expect, test } from 'vitest';
import type { Entry, EntryOf } from '../../contract/entry.ts';
import type { ConversationKey } from '../../contract/names.ts';
import { batch, idle, message, messages, replying, someone, started } from './samples.ts';
import type { Store } from '../../store/store.ts';

export function logContract(store: () => Store): void {
  const withTexts = async (...texts: string[]) => {
    const one = someone();
    await store().record(batch(one, [1, 1], 1, messages(1, ...texts)));
    return one;
  };
  const seqs = (entries: Entry[] | undefined) => entries?.map((entry) => entry.seq);

  describe('entries', () => {
    test('come in pages, the last of which names no next', async () => {
      const one = await withTexts('a', 'b', 'c', 'd');
      const first = await store().entries(one, { after: 0, limit: 2 });
      expect(first).toEqual({ entries: messages(1, 'a', 'b'), next_after: 2, revision: 0 });
      const last = await store().entries(one, { after: 2, limit: 2 });
      expect(last).toEqual({ entries: messages(3, 'c', 'd'), revision: 0 });
      expect(await store().entries(one, { after: 4, limit: 2 })).toEqual({
        entries: [],
        revision: 0,
      });
    });

    test('can be of some kinds only', async () => {
      const one = someone();
      const all = [message(1, 'a'), started(2, 1), message(3, 'b'), started(4, 2), message(5, 'c')];
      await store().record(batch(one, [1, 1], 1, all));
      const ofKinds = (kinds: Entry['kind'][], after: number, limit: number) =>
        store().entries(one, { after, limit, kinds });
      expect(await ofKinds(['message.user'], 0, 2)).toMatchObject({
        entries: [all[0], all[2]],
        next_after: 3,
      });
      expect(seqs((await ofKinds(['message.user'], 3, 2))?.entries)).toEqual([5]);
      expect(seqs((await ofKinds(['reply.started', 'message.user'], 0, 9))?.entries)).toEqual([
        1, 2, 3, 4, 5,
      ]);
      expect((await ofKinds(['call.failed'], 0, 9))?.entries).toEqual([]);
    });

    test('have a window with both ends in it', async () => {
      const one = await withTexts('a', 'b', 'c', 'd');
      expect(seqs(await store().window(one, { from: 2, to: 3 }))).toEqual([2, 3]);
      expect(await store().window(one, { from: 5, to: 9 })).toEqual([]);
    });
  });

  test('an unknown conversation has no log', async () => {
    const nobody = someone();
    expect(await store().conversation(nobody)).toBeUndefined();
    expect(await store().entries(nobody, { after: 0, limit: 9 })).toBeUndefined();
    expect(await store().follow(nobody, { after: 0, revision: 0, limit: 9 })).toBeUndefined();
    expect(await store().marks([nobody])).toEqual([undefined]);
    expect(await store().window(nobody, { from: 1, to: 9 })).toEqual([]);
    expect(await store().draft(nobody)).toBeUndefined();
    expect(await store().progress(nobody, ['call'])).toEqual(new Map());
  });

  test('the ends of many logs are returned at once, in the order of the request', async () => {
    const one = await withTexts('a', 'b');
    const other = someone();
    await store().record(batch(other, [1, 1], 1, messages(1, 'a', 'b', 'c')));
    await store().record(batch(other, [1, 2], 3, messages(3, 'd'), { ...idle, status: 'closed' }));
    // The same id, but another tenant's.
    const namesake = { tenant: someone().tenant, id: one.id };
    expect(await store().marks([])).toEqual([]);
    expect(await store().marks([other, namesake, one, one])).toEqual([
      { last_seq: 3, revision: 1, status: 'closed' },
      undefined,
      { last_seq: 2, revision: 0, status: 'idle' },
      { last_seq: 2, revision: 0, status: 'idle' },
    ]);
  });

  describe('a reader who follows', () => {
    const follow = (one: ConversationKey, after: number, revision: number, limit = 9) =>
      store().follow(one, { after, revision, limit });

    test('gets the entries after its position, up to its limit, and the status', async () => {
      const one = someone();
      await store().record(batch(one, [1, 1], 1, messages(1, 'a', 'b', 'c'), replying(1)));
      expect(await follow(one, 1, 0)).toEqual({
        entries: messages(2, 'b', 'c'),
        revision: 0,
        status: 'replying',
        reply_id: 'reply_1',
      });
      expect(seqs((await follow(one, 0, 0, 2))?.entries)).toEqual([1, 2]);
      expect((await follow(one, 3, 0))?.entries).toEqual([]);
    });

    test('forgets exactly what was changed or removed', async () => {
      const one = await withTexts('a', 'b', 'c', 'd');
      // b is written again but unchanged: c is the first that changed.
      await store().record(batch(one, [1, 2], 2, messages(2, 'b', 'x')));
      expect(await follow(one, 4, 0)).toMatchObject({
        rewind: 2,
        entries: messages(3, 'x'),
        revision: 1,
      });
      expect(await follow(one, 3, 0)).toMatchObject({ rewind: 2, entries: messages(3, 'x') });
      for (const after of [0, 1, 2]) {
        expect(await follow(one, after, 0)).not.toHaveProperty('rewind');
      }
      expect(await follow(one, 3, 1)).toEqual({ entries: [], revision: 1, status: 'idle' });
    });

    test('who is several revisions behind forgets back to the lowest change it has missed', async () => {
      const one = await withTexts('a', 'b', 'c', 'd', 'e');
      await store().record(batch(one, [1, 2], 2, messages(2, 'B', 'C', 'D', 'E')));
      await store().record(batch(one, [1, 3], 5, messages(5, 'é')));
      await store().record(batch(one, [1, 4], 4, messages(4, 'ð')));
      const rewinds = await Promise.all(
        [0, 1, 2, 3].map(async (revision) => (await follow(one, 5, revision))?.rewind),
      );
      // The last: all entries this reader may know are there, but the log is shorter than the reader's position.
      expect(rewinds).toEqual([1, 3, 3, 4]);
      expect(await follow(one, 3, 1)).toEqual({
        entries: messages(4, 'ð'),
        revision: 3,
        status: 'idle',
      });
    });

    test('learns of a removal even if nothing follows', async () => {
      const one = await withTexts('a', 'b');
      await store().record(batch(one, [1, 2], 1, []));
      expect(await follow(one, 2, 0)).toEqual({
        rewind: 0,
        entries: [],
        revision: 1,
        status: 'idle',
      });
    });

    test('never sees half a batch', async () => {
      const one = await withTexts('0', '0');
      let writing = true;
      const write = async () => {
        for (let length = 2; length <= 40; length++) {
          await store().record(batch(one, [1, length], 1, messages(1, `${length}`, `${length}`)));
        }
        writing = false;
      };
      const read = async () => {
        while (writing) {
          const seen = await follow(one, 0, 0);
          const texts = seen!.entries.map((entry) => ('text' in entry ? entry.text : ''));
          expect(texts).toEqual([texts[0], texts[0]]);
          expect(seen!.revision).toBe(Math.max(0, Number(texts[0]) - 1));
        }
      };
      await Promise.all([write(), read(), read()]);
      expect((await follow(one, 0, 0))?.revision).toBe(39);
    });
  });

  test('an entry nested deeper than is taken today, as an older version stored it, can be read', async () => {
    const one = someone();
    const deep = JSON.parse('['.repeat(3_800) + ']'.repeat(3_800));
    const call_id = 'call_a';
    const asked = { ...message(1, ''), kind: 'call.requested', call_id, tool: 't', input: deep };
    await store().record(batch(one, [1, 1], 1, [asked as Entry, message(2, 'on')]));
    for (const entries of [
      await store().window(one, { from: 1, to: 2 }),
      (await store().entries(one, { after: 0, limit: 9 }))?.entries,
      (await store().follow(one, { after: 0, revision: 0, limit: 9 }))?.entries,
    ]) {
      expect(entries?.[1]).toEqual(message(2, 'on'));
      let { input: inner } = entries![0] as EntryOf<'call.requested'>;
      while (Array.isArray(inner)) [inner] = inner;
      expect(String(inner).includes('['.repeat(3_000))).toBe(true);
      expect(() => JSON.stringify({ entries })).not.toThrow();
    }
    expect(await store().conversation(one)).toMatchObject({ last_seq: 2 });
  });

  describe('hostile text', () => {
    test.each([
      ['a zero character', 'a\u0000b'],
      ['half a surrogate pair', 'a\ud83d and \ude00b'],
      ['quotes and backslashes', `'"\\{}[],"null";--\n\t\\u0000 $1 %s`],
      ['an emoji', '👩‍👩‍👧'],
      ['nothing', ''],
      ['a megabyte', 'é\u0000" '.repeat(250_000)],
    ])('with %s comes back as it was', async (_, text) => {
      const one = someone();
      const entry = {
        ...message(1, text),
        // The order of properties is kept too: a tool may depend on it.
        kind: 'call.requested' as const,
        call_id: text.slice(0, 10),
        tool: 'echo',
        input: { z: text, a: [text], nested: { [text.slice(0, 10)]: 1e21 } },
      };
      await store().record(batch(one, [1, 1], 1, [entry]));
      const asItWas = JSON.stringify([entry]);
      const paged = await store().entries(one, { after: 0, limit: 1 });
      const followed = await store().follow(one, { after: 0, revision: 0, limit: 1 });
      for (const read of [
        await store().window(one, { from: 1, to: 1 }),
        paged?.entries,
        followed?.entries,
      ]) {
        expect(JSON.stringify(read) === asItWas).toBe(true);
      }
      // A repeated write is recognised.
      await store().record(batch(one, [1, 2], 1, [entry]));
      expect((await store().conversation(one))?.revision).toBe(0);
    });
  });
}

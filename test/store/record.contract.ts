/** The contract of writing batches, for every store: heads, bases, drafts. */
import { describe, expect, test } from 'vitest';
import {
  batch,
  completed,
  idle,
  interrupted,
  message,
  messages,
  readsOf,
  recorded,
  replying,
  someone,
  started,
} from './samples.ts';
import type { Store } from '../../store/store.ts';

export function recordContract(store: () => Store): void {
  const { texts, state } = readsOf(store);

  describe('a batch that follows the log', () => {
    test('is appended and its head is what the conversation is doing', async () => {
      const one = someone();
      const first = [message(1, 'hello'), started(2, 1)];
      expect(await store().record(batch(one, [1, 3], 1, first, replying(1)))).toMatchObject(
        recorded,
      );
      const second = [completed(3, 1, 'hi')];
      expect(await store().record(batch(one, [1, 9], 3, second))).toMatchObject(recorded);

      expect(await store().window(one, { from: 1, to: 9 })).toEqual([...first, ...second]);
      expect(await store().conversation(one)).toMatchObject({ ...idle, last_seq: 3, revision: 0 });
    });

    test('says where it was appended; a rewrite does not', async () => {
      const one = someone();
      await store().record(batch(one, [1, 3], 1, messages(1, 'a', 'b')));
      const rewritten = await store().record(batch(one, [1, 6], 2, messages(2, 'c')));
      expect(rewritten).not.toHaveProperty('appended');
      expect(await store().record(batch(one, [1, 9], 3, messages(3, 'd')))).toMatchObject({
        appended: { revision: 1 },
      });
    });

    test('begins the draft of the reply that it starts, if asked', async () => {
      const one = someone();
      const begins = { reply_id: 'reply_1', attempt: 1 };
      const first = batch(one, [1, 3], 1, [message(1, 'hello'), started(2, 1)], replying(1));
      expect(await store().record(batch(one, [1, 1], 1, []))).toMatchObject(recorded);
      expect(await store().record(first, { begins })).toMatchObject({ appended: { begun: true } });
      expect(await store().draft(one)).toEqual({ ...begins, text: '' });
      const again = await store().record(first, { begins: { ...begins, attempt: 2 } });
      expect(again).not.toHaveProperty('appended');
      expect(await store().draft(one)).toEqual({ ...begins, text: '' });
    });

    test('is appended too if it cuts a reply short, and begins the draft of the next one', async () => {
      const one = someone();
      const first = batch(one, [1, 3], 1, [message(1, 'hello'), started(2, 1)], replying(1));
      const begins = { reply_id: 'reply_1', attempt: 1 };
      expect(await store().record(first, { begins })).toMatchObject({
        appended: { revision: 0, begun: true },
      });
      await store().appendDraft(one, { ...begins, text: 'Half a ' });
      const entries = [message(3, 'and?'), interrupted(4, 1), started(5, 2)];
      const next = { reply_id: 'reply_2', attempt: 1 };
      const cut = batch(one, [1, 6], 3, entries, replying(2));
      expect(await store().record(cut, { begins: next })).toMatchObject({
        said: { reply_1: 'Half a ' },
        appended: { revision: 0, begun: true },
      });
      expect(await store().draft(one)).toEqual({ ...next, text: '' });
      expect(await store().record(cut)).not.toHaveProperty('appended');
    });

    test('may begin with entries that stand already, and says which one it added first', async () => {
      const one = someone();
      const begun = [message(1, 'hello'), started(2, 1)];
      await store().record(batch(one, [1, 3], 1, begun, replying(1)));
      const more = [...begun, message(3, 'and?'), interrupted(4, 1), started(5, 2)];
      expect(await store().record(batch(one, [1, 6], 1, more, replying(2)))).toMatchObject({
        appended: { revision: 0, first: 3 },
      });
      expect(await store().window(one, { from: 1, to: 9 })).toEqual(more);
    });

    test('begins no draft of a reply that was cut short before', async () => {
      const one = someone();
      await store().record(batch(one, [1, 1], 1, [message(1, 'hello')]));
      const cut = [started(2, 1), interrupted(3, 1)];
      await store().record(batch(one, [1, 3], 2, cut));
      const begins = { reply_id: 'reply_1', attempt: 1 };
      const next = batch(one, [1, 6], 4, [message(4, 'so?')]);
      expect(await store().record(next, { begins })).toMatchObject({ appended: { begun: false } });
    });

    test('may have no entries: only the head is written', async () => {
      const one = someone();
      await store().record(batch(one, [1, 3], 1, messages(1, 'a')));
      expect(await store().record(batch(one, [1, 3], 2, [], replying(1)))).toMatchObject(recorded);
      expect(await state(one)).toEqual({ last_seq: 1, revision: 0, status: 'replying' });
    });

    test.each([
      [0, 0],
      [1, 3],
    ] as [number, number][])(
      'may be the first thing known of a conversation, without entries, with fence %i %i',
      async (...fence) => {
        const one = someone();
        expect(await store().record(batch(one, fence, 1, [], replying(1)))).toMatchObject(recorded);
        expect(await state(one)).toEqual({ last_seq: 0, revision: 0, status: 'replying' });
      },
    );

    test('with the same fence is a further write of the same task', async () => {
      const one = someone();
      await store().record(batch(one, [1, 3], 1, messages(1, 'a')));
      await store().record(batch(one, [1, 3], 2, messages(2, 'b')));
      expect(await texts(one)).toEqual(['a', 'b']);
      expect(await state(one)).toMatchObject({ last_seq: 2, revision: 0 });
    });
  });

  describe('a batch that cannot be right', () => {
    test('is an error where it would leave a gap, and leaves no trace', async () => {
      const one = someone();
      await expect(store().record(batch(one, [1, 3], 2, messages(2, 'b')))).rejects.toThrow(
        /begins at 2, but its log ends at 0/,
      );
      expect(await store().conversation(one)).toBeUndefined();
    });

    test('is an error where its entries do not count up from its base', async () => {
      const one = someone();
      const skips = [message(1, 'a'), message(3, 'c')];
      await expect(store().record(batch(one, [1, 3], 1, skips))).rejects.toThrow(/\[1, 3\]/);
      const shifted = messages(2, 'b');
      await expect(store().record(batch(one, [1, 3], 1, shifted))).rejects.toThrow(/\[2\]/);
      await expect(store().record(batch(one, [1, 3], 0, []))).rejects.toThrow(/at least 1/);
    });
  });

  test('conversations of different tenants with the same id do not meet', async () => {
    const one = someone();
    const other = { ...someone(), id: one.id };
    await store().record(batch(one, [1, 3], 1, messages(1, 'mine')));
    await store().record(batch(other, [1, 1], 1, messages(1, 'theirs')));
    expect(await texts(one)).toEqual(['mine']);
    expect(await texts(other)).toEqual(['theirs']);
  });
}

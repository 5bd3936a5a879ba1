/** The contract of drafts, the text of a reply in flight, for every store. */
import { describe, expect, test } from 'vitest';
import { replyId, type ConversationKey } from '../../contract/names.ts';
import {
  batch,
  completed,
  failed,
  interrupted,
  message,
  messages,
  replying,
  someone,
  started,
} from './samples.ts';
import type { Store } from '../../store/store.ts';

export function draftsContract(store: () => Store): void {
  /** A conversation with a message and a started reply 1, whose first attempt has said `text`. */
  const speaking = async (text = '') => {
    const one = someone();
    await store().record(batch(one, [1, 1], 1, [message(1, 'hello'), started(2, 1)], replying(1)));
    expect(await store().beginDraft(one, 'reply_1', 1)).toBe(true);
    if (text) expect(await say(one, text)).toBe(true);
    return one;
  };
  const say = (one: ConversationKey, text: string, attempt = 1, number = 1) =>
    store().appendDraft(one, { reply_id: replyId(number), attempt, text });
  const textAt = async (one: ConversationKey, seq: number) => {
    const [entry] = await store().window(one, { from: seq, to: seq });
    return entry && 'text' in entry ? entry.text : undefined;
  };

  describe('the draft of a reply', () => {
    test('grows as it is spoken', async () => {
      const one = await speaking();
      expect(await store().draft(one)).toEqual({ reply_id: 'reply_1', attempt: 1, text: '' });
      await say(one, 'Hel');
      await say(one, 'lo');
      expect(await store().draft(one)).toEqual({ reply_id: 'reply_1', attempt: 1, text: 'Hello' });
    });

    test('may be cut into chunks anywhere, even inside a character', async () => {
      const whole = 'a\u0000"\\\n😀\ud83d';
      const one = await speaking();
      for (let index = 0; index < whole.length; index++) await say(one, whole[index]!);
      expect((await store().draft(one))?.text).toBe(whole);
    });

    test('has a chunk once even if it is written again after a lost answer', async () => {
      const one = await speaking();
      const piece = (offset: number, text: string) =>
        store().appendDraft(one, { reply_id: 'reply_1', attempt: 1, offset, text });
      expect(await piece(0, 'a\n😀')).toBe(true);
      expect(await piece(0, 'a\n😀')).toBe(true);
      expect(await piece(4, '!')).toBe(true);
      await expect(piece(0, 'a\n😀')).rejects.toThrow('has 5 characters, not 0');
      await expect(piece(7, '?')).rejects.toThrow('has 5 characters, not 7');
      expect((await store().draft(one))?.text).toBe('a\n😀!');
      await store().beginDraft(one, 'reply_1', 2);
      expect(await piece(5, 'late')).toBe(false);
      expect((await store().draft(one))?.text).toBe('');
    });

    test('restarts with each attempt, and the previous attempt can no longer write', async () => {
      const one = await speaking('first');
      expect(await store().beginDraft(one, 'reply_1', 2)).toBe(true);
      expect((await store().draft(one))?.text).toBe('');
      expect(await say(one, 'late', 1)).toBe(false);
      expect(await store().beginDraft(one, 'reply_1', 1)).toBe(false);
      expect(await say(one, 'second', 2)).toBe(true);
      expect(await store().draft(one)).toEqual({ reply_id: 'reply_1', attempt: 2, text: 'second' });
    });

    test('that was never begun cannot grow', async () => {
      const one = someone();
      expect(await say(one, 'x')).toBe(false);
    });

    test('is no longer shown once its reply has ended', async () => {
      const one = await speaking('Hello');
      await store().record(batch(one, [1, 5], 3, [completed(3, 1, 'Hello')]));
      expect(await store().draft(one)).toBeUndefined();
    });

    test('is forgotten two replies later, and does not come back', async () => {
      const one = await speaking('one');
      await store().record(
        batch(one, [1, 5], 3, [completed(3, 1, 'one'), started(4, 2)], replying(2)),
      );
      expect(await say(one, ' more')).toBe(true);
      await store().beginDraft(one, 'reply_2', 1);
      await store().record(
        batch(one, [1, 9], 5, [completed(5, 2, 'two'), started(6, 3)], replying(3)),
      );
      expect(await say(one, ' and more')).toBe(false);
      expect(await store().beginDraft(one, 'reply_1', 2)).toBe(false);
    });
  });

  describe('a reply that failed', () => {
    const fail = (one: ConversationKey, length = 5) =>
      store().record(batch(one, [1, length], 3, [failed(3, 1)]));

    test('keeps its text until then, and accepts no more', async () => {
      const one = await speaking('Hel\u0000lo');
      expect(await fail(one)).toMatchObject({
        outcome: 'recorded',
        said: { reply_1: 'Hel\u0000lo' },
      });
      expect(await textAt(one, 3)).toBe('Hel\u0000lo');
      expect(await say(one, ' there')).toBe(false);
    });

    test('that had said nothing has no text', async () => {
      const one = someone();
      await store().record(
        batch(one, [1, 1], 1, [message(1, 'hello'), started(2, 1)], replying(1)),
      );
      await fail(one);
      expect((await store().window(one, { from: 3, to: 3 }))[0]).toEqual(failed(3, 1));
    });

    test('recorded again has the same text, even if its draft is deleted', async () => {
      const one = await speaking('Hello');
      await fail(one);
      await store().record(batch(one, [1, 7], 4, [started(4, 2), started(5, 3)], replying(3)));
      expect(await fail(one, 8)).toEqual({ outcome: 'recorded', said: { reply_1: 'Hello' } });
      expect(await textAt(one, 3)).toBe('Hello');
    });
  });

  describe('an interrupted reply', () => {
    const cut = (one: ConversationKey, length = 5) =>
      store().record(batch(one, [1, length], 3, [message(3, 'stop'), interrupted(4, 1)]));

    test('keeps its text until then', async () => {
      const one = await speaking('Hel\u0000lo');
      expect(await cut(one)).toMatchObject({
        outcome: 'recorded',
        said: { reply_1: 'Hel\u0000lo' },
      });
      expect(await textAt(one, 4)).toBe('Hel\u0000lo');
    });

    test('accepts no more text, in this attempt or another', async () => {
      const one = await speaking('Hello');
      await cut(one);
      expect(await say(one, ' there')).toBe(false);
      expect(await store().beginDraft(one, 'reply_1', 2)).toBe(false);
      expect(await store().draft(one)).toBeUndefined();
    });

    test('that had not begun has no text and does not begin', async () => {
      const one = someone();
      await store().record(
        batch(one, [1, 1], 1, [message(1, 'hello'), started(2, 1)], replying(1)),
      );
      expect(await cut(one)).toMatchObject({ outcome: 'recorded', said: { reply_1: '' } });
      expect(await store().beginDraft(one, 'reply_1', 1)).toBe(false);
    });

    test.each([5, 6])('recorded again, with fence %i, has the same text', async (length) => {
      const one = await speaking('Hello');
      await cut(one);
      expect(await cut(one, length)).toMatchObject({
        outcome: 'recorded',
        said: { reply_1: 'Hello' },
      });
      expect(await textAt(one, 4)).toBe('Hello');
      expect((await store().conversation(one))?.revision).toBe(0);
    });

    test('keeps its words even when its draft is forgotten', async () => {
      const one = await speaking('Hello');
      await cut(one);
      await store().record(batch(one, [1, 7], 5, [started(5, 2), started(6, 3)], replying(3)));
      expect(await cut(one, 8)).toEqual({ outcome: 'recorded', said: { reply_1: 'Hello' } });
      expect(await textAt(one, 4)).toBe('Hello');
    });

    test('whose interruption is refused goes on', async () => {
      const one = await speaking('Hello');
      await store().record(batch(one, [2, 1], 3, messages(3, 'go on'), replying(1)));
      expect(await cut(one)).toMatchObject({ outcome: 'refused' });
      expect(await say(one, ' there')).toBe(true);
    });

    test('whose interruption is overruled goes on', async () => {
      const one = await speaking('Hello');
      await cut(one);
      await store().record(batch(one, [1, 6], 3, messages(3, 'go on'), replying(1)));
      expect(await say(one, ' there')).toBe(true);
      expect((await store().draft(one))?.text).toBe('Hello there');
    });

    test('has in the log every accepted chunk, and no other', async () => {
      const one = await speaking();
      const chunks = Array.from({ length: 20 }, (_, index) => `<${index}>`);
      const spoken = Promise.all(
        chunks.map(async (chunk) => ({ chunk, heard: await say(one, chunk) })),
      );
      const outcome = await cut(one);
      const heard = (await spoken).filter((each) => each.heard).map((each) => each.chunk);
      const said = outcome.outcome === 'recorded' ? outcome.said['reply_1']! : '';
      expect(said.match(/<\d+>/g)?.toSorted() ?? []).toEqual(heard.toSorted());
      expect(await textAt(one, 4)).toBe(said);
    });
  });
}

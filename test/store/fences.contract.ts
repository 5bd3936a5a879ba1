/** The contract of fences, for every store: which of several writers is right, and what it replaces. */
import { describe, expect, test } from 'vitest';
import type { Store } from '../../store/store.ts';
import {
  batch,
  completed,
  interrupted,
  message,
  messages,
  readsOf,
  recorded,
  replying,
  someone,
  started,
} from './samples.ts';

export function fencesContract(store: () => Store): void {
  const { texts, state } = readsOf(store);

  describe('a lower fence', () => {
    test.each([
      { held: [1, 9], late: [1, 8] },
      { held: [2, 3], late: [1, 90] },
      { held: [1, 9, 500], late: [1, 9, 400] },
      { held: [1, 9, 500], late: [1, 8, 600] },
    ] as { held: [number, number, number?]; late: [number, number, number?] }[])(
      '$late after $held is refused, whatever it brings',
      async ({ held, late }) => {
        const one = someone();
        await store().record(batch(one, held, 1, messages(1, 'a', 'b')));
        const before = await store().conversation(one);
        for (const stale of [
          batch(one, late, 3, messages(3, 'c'), replying(1)),
          batch(one, late, 2, messages(2, 'x'), replying(1)),
          batch(one, late, 1, messages(1, 'a', 'b'), replying(1)),
          batch(one, late, 1, [], replying(1)),
          batch(one, late, 9, messages(9, 'x'), replying(1)),
        ]) {
          expect(await store().record(stale)).toEqual({ outcome: 'refused' });
        }
        expect(await store().conversation(one)).toEqual(before);
        expect(await texts(one)).toEqual(['a', 'b']);
      },
    );

    test('than one that wrote only a head is refused too', async () => {
      const one = someone();
      await store().record(batch(one, [1, 9], 1, []));
      expect(await store().record(batch(one, [1, 8], 1, messages(1, 'a')))).toEqual({
        outcome: 'refused',
      });
    });
  });

  describe('a committed batch', () => {
    test('is never refused, and then refuses fences lower than the one it overruled', async () => {
      const one = someone();
      await store().record(batch(one, [1, 9, 5], 1, messages(1, 'a', 'too late', 'too')));
      const certain = batch(one, [1, 4], 2, messages(2, 'b'), replying(1));
      expect(await store().record(certain, { committed: true })).toMatchObject(recorded);
      expect(await texts(one)).toEqual(['a', 'b']);
      expect(await state(one)).toEqual({ last_seq: 2, revision: 1, status: 'replying' });
      for (const fence of [
        [1, 4],
        [1, 9, 5],
        [1, 9, 6],
      ] as [number, number, number?][]) {
        const late = batch(one, fence, 3, messages(3, 'too late again'));
        expect(await store().record(late)).toEqual({ outcome: 'refused' });
      }
      await store().record(batch(one, [1, 15], 3, messages(3, 'c')));
      expect(await texts(one)).toEqual(['a', 'b', 'c']);
    });

    test('that is repeated removes nothing that came after', async () => {
      const one = someone();
      const certain = batch(one, [1, 4], 1, messages(1, 'a', 'b'));
      await store().record(certain, { committed: true });
      await store().record(batch(one, [1, 9], 3, messages(3, 'c'), replying(1)));
      await store().record(certain, { committed: true });
      expect(await texts(one)).toEqual(['a', 'b', 'c']);
      expect(await state(one)).toEqual({ last_seq: 3, revision: 0, status: 'replying' });
    });

    test('holds off the worker that wrote the same and was replaced', async () => {
      const one = someone();
      await store().record(batch(one, [1, 9], 1, messages(1, 'a')));
      await store().record(batch(one, [1, 4], 1, messages(1, 'a')), { committed: true });
      const late = batch(one, [1, 9], 2, messages(2, 'too late'));
      expect(await store().record(late)).toEqual({ outcome: 'refused' });
    });

    test('keeps the text of an interrupted reply', async () => {
      const one = someone();
      await store().record(batch(one, [1, 3], 1, [message(1, 'a'), started(2, 1)], replying(1)));
      await store().beginDraft(one, 'reply_1', 1);
      await store().appendDraft(one, { reply_id: 'reply_1', attempt: 1, text: 'Once' });
      const cut = batch(one, [1, 8], 3, [interrupted(3, 1)]);
      await store().record({ ...cut, fence: { ...cut.fence, length: 9 } });
      expect(await store().record(cut, { committed: true })).toEqual({
        outcome: 'recorded',
        said: { reply_1: 'Once' },
      });
      expect(await texts(one)).toEqual(['a', 'reply.started', 'Once']);
    });
  });

  describe('an equal fence', () => {
    test('with the same entries removes nothing that came after, nor the head', async () => {
      const one = someone();
      const first = batch(one, [1, 3], 1, messages(1, 'a', 'b'));
      await store().record(first);
      await store().record(batch(one, [1, 3], 3, messages(3, 'c'), replying(1)));
      const before = await store().conversation(one);
      expect(await store().record(first)).toMatchObject(recorded);
      expect(await store().conversation(one)).toEqual(before);
      expect(await texts(one)).toEqual(['a', 'b', 'c']);
    });

    test('with a late head-only write takes back nothing', async () => {
      const one = someone();
      await store().record(batch(one, [1, 3], 1, []));
      await store().record(batch(one, [1, 3], 1, messages(1, 'a'), replying(1)));
      await store().record(batch(one, [1, 3], 1, []));
      expect(await texts(one)).toEqual(['a']);
      expect(await state(one)).toEqual({ last_seq: 1, revision: 0, status: 'replying' });
    });

    test('with other entries replaces the log from its base on', async () => {
      const one = someone();
      await store().record(batch(one, [1, 3], 1, messages(1, 'a', 'b', 'c')));
      await store().record(batch(one, [1, 3], 2, messages(2, 'x')));
      expect(await texts(one)).toEqual(['a', 'x']);
      expect(await state(one)).toMatchObject({ last_seq: 2, revision: 1 });
    });

    test('with the same entries and more is an append', async () => {
      const one = someone();
      await store().record(batch(one, [1, 3], 1, messages(1, 'a')));
      await store().record(batch(one, [1, 3], 1, messages(1, 'a', 'b')));
      expect(await texts(one)).toEqual(['a', 'b']);
      expect(await state(one)).toMatchObject({ last_seq: 2, revision: 0 });
    });
  });

  describe('a higher fence', () => {
    test.each([
      { what: 'the same', with: ['b', 'c'], revision: 0 },
      { what: 'more of the same', with: ['b', 'c', 'd'], revision: 0 },
      { what: 'less of the same', with: ['b'], revision: 1 },
      { what: 'nothing', with: [], revision: 1 },
      { what: 'as many others', with: ['b', 'x'], revision: 1 },
      { what: 'more others', with: ['x', 'y', 'z', 'w'], revision: 1 },
      { what: 'fewer others', with: ['x'], revision: 1 },
    ])('replaces what stood with $what', async ({ with: replacement, revision }) => {
      const one = someone();
      await store().record(batch(one, [1, 3], 1, messages(1, 'a', 'b', 'c')));
      const outcome = await store().record(
        batch(one, [1, 4], 2, messages(2, ...replacement), replying(1)),
      );
      expect(outcome).toMatchObject(recorded);
      expect(await texts(one)).toEqual(['a', ...replacement]);
      const last_seq = 1 + replacement.length;
      expect(await state(one)).toEqual({ last_seq, revision, status: 'replying' });
    });

    test('counts even if it changed nothing: a lower one is refused from then on', async () => {
      const one = someone();
      await store().record(batch(one, [1, 3], 1, messages(1, 'a')));
      await store().record(batch(one, [2, 1], 1, messages(1, 'a')));
      expect(await store().record(batch(one, [1, 3], 1, messages(1, 'a')))).toEqual({
        outcome: 'refused',
      });
    });

    test('counts a property that is undefined as absent', async () => {
      const one = someone();
      const entry = { ...message(1, 'a'), note: undefined };
      await store().record(batch(one, [1, 3], 1, [entry]));
      await store().record(batch(one, [1, 4], 1, [entry]));
      expect(await state(one)).toMatchObject({ revision: 0 });
    });
  });

  test('a worker that died before its commit is overruled by the one that decided again', async () => {
    const one = someone();
    await store().record(batch(one, [1, 3], 1, messages(1, 'A')));
    // The first worker answers A and dies before the commit; the second sees B as well.
    await store().record(batch(one, [1, 7], 2, [started(2, 1)], replying(1)));
    await store().record(batch(one, [1, 10], 2, [message(2, 'B'), started(3, 1)], replying(1)));
    // The first worker was only paused, and resumes.
    const late = await store().record(batch(one, [1, 7], 3, [completed(3, 1, 'to A')]));

    expect(late).toEqual({ outcome: 'refused' });
    expect(await texts(one)).toEqual(['A', 'B', 'reply.started']);
    expect(await state(one)).toEqual({ last_seq: 3, revision: 1, status: 'replying' });
  });

  test('of many workers that write at once, the one with the highest fence stands', async () => {
    const one = someone();
    const lengths = Array.from({ length: 20 }, (_, index) => (index * 7) % 20);
    await Promise.all(
      lengths.map((length) =>
        store().record(batch(one, [1, length], 1, messages(1, `by ${length}`, 'and more'))),
      ),
    );
    expect(await texts(one)).toEqual(['by 19', 'and more']);
  });
}

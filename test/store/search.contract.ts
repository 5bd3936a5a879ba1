/** The contract of a search for words, for every store. */
import { describe, expect, test } from 'vitest';
import { EXCERPT_LENGTH } from '../../store/excerpt.ts';
import { SEARCHED } from '../../store/search.ts';
import type { Entry } from '../../contract/entry.ts';
import { batch, completed, idle, interrupted, message, someone, started } from './samples.ts';
import type { Store } from '../../store/store.ts';

/** @param searched whether the store can compare words */
export function searchContract(store: () => Store, searched: 'words' | 'titles'): void {
  describe('a search', () => {
    let second = 0;
    const holds = async (
      tenant: string,
      id: string,
      entries: Entry[],
      facts: { agent?: string; metadata?: Record<string, unknown> } = {},
    ) => {
      const at = new Date(
        Date.parse('2030-01-01T00:00:00.000Z') + 1_000 * (second += 1),
      ).toISOString();
      await store().open({ tenant, id }, { agent: 'default', metadata: {}, at, ...facts });
      if (entries.length > 0) await store().record(batch({ tenant, id }, [1, 1], 1, entries, idle));
    };
    const found = async (tenant: string, ...words: string[]) => {
      const page = await store().search(tenant, { words, limit: 9 });
      expect(page.searched).toBe(searched);
      expect(page).not.toHaveProperty('next_after');
      return page.conversations.map(({ id }) => id);
    };
    const excerpts = async (tenant: string, ...words: string[]) =>
      (await store().search(tenant, { words, limit: 9 })).conversations.map(
        ({ excerpt }) => excerpt,
      );
    const requested = (seq: number, tool: string): Entry =>
      ({ ...started(seq, 1), kind: 'call.requested', call_id: 'call_1', tool, input: {} }) as never;

    if (searched === 'titles') {
      test('finds titles, agents and tools alone, and says so', async () => {
        const { tenant } = someone();
        await holds(tenant, 'one', [message(1, 'a walrus')]);
        await holds(tenant, 'two', [], { metadata: { title: 'About a WALRUS' } });
        await holds(tenant, 'three', [], { agent: 'walrus-keeper' });
        expect(await found(tenant, 'walrus')).toEqual(['three', 'two']);
      });

      test('has no excerpts', async () => {
        const { tenant } = someone();
        const title = { metadata: { title: 'A walrus' } };
        await holds(tenant, 'one', [message(1, 'a walrus')], title);
        expect(await found(tenant, 'walrus')).toEqual(['one']);
        expect(await excerpts(tenant, 'walrus')).toEqual([undefined]);
      });

      return;
    }

    test('finds what was said by anyone, a title, an agent, a tool and an id, newest first', async () => {
      const { tenant } = someone();
      await holds(tenant, 'one', [message(1, 'Install the Walrus, please.')]);
      await holds(tenant, 'two', [started(1, 1), completed(2, 1, 'The walrus is ready.')]);
      await holds(tenant, 'three', [requested(1, 'walrus_tool')]);
      await holds(tenant, 'four', [], { metadata: { title: 'About a WALRUS', other: 'elephant' } });
      await holds(tenant, 'five', [], { agent: 'walrus-keeper' });
      await holds(tenant, 'six', [message(1, 'Nothing of the kind.')]);
      expect(await found(tenant, 'walrus')).toEqual(['five', 'four', 'three', 'two', 'one']);
      expect(await found(tenant, 'six')).toEqual(['six']);
      expect(await found(tenant, 'elephant')).toEqual([]);
    });

    test('finds conversations with every word, wherever each of them is', async () => {
      const { tenant } = someone();
      const facts = { metadata: { title: 'Blue moon' } };
      await holds(tenant, 'both', [message(1, 'a walrus')], facts);
      await holds(tenant, 'one', [], facts);
      expect(await found(tenant, 'moon', 'WAL')).toEqual(['both']);
    });

    test('takes every sign of a word as it is, and finds no names of fields', async () => {
      const { tenant } = someone();
      const said = 'a "quoted" 100% c:\\dir\\file_1 (x.*y) [z] \u0000 läuft\nnext';
      await holds(tenant, 'one', [message(1, said)]);
      for (const word of [
        '"quoted"',
        '100%',
        'c:\\dir',
        'file_1',
        '(x.*y)',
        '[z]',
        'läuft',
        '\n',
      ]) {
        expect(await found(tenant, word), word).toEqual(['one']);
      }
      for (const word of ['message', 'interrupt', '1000', 'file.1', 'x.y', 'a_', '%%', '.*z']) {
        expect(await found(tenant, word), word).toEqual([]);
      }
    });

    test('says in which entry each conversation has the words, and what is said around them', async () => {
      const { tenant } = someone();
      const far = 'and so on '.repeat(100);
      await holds(tenant, 'by_user', [message(1, 'Well.'), message(2, 'The Walrus!\nNow.')]);
      await holds(tenant, 'by_agent', [
        ...[message(1, 'Well?'), started(2, 1)],
        completed(3, 1, `${far}a "walrus" \u0000 in c:\\sea 🦭 ${far}`),
      ]);
      const [byAgent, byUser] = await excerpts(tenant, 'WALRUS');
      expect(byUser).toEqual({ seq: 2, text: 'The Walrus!\nNow.' });
      expect(byAgent!.seq).toBe(3);
      expect(byAgent!.text).toMatch(
        /^…(and|so|on) .* a "walrus" \0 in c:\\sea 🦭 .* (and|so|on)…$/u,
      );
      expect(Array.from(byAgent!.text).length).toBeLessThanOrEqual(EXCERPT_LENGTH + 2);
    });

    test('finds the words of a reply that was cut off, and shows them', async () => {
      const { tenant } = someone();
      const one = { tenant, id: 'one' };
      await holds(tenant, 'one', [started(1, 1)]);
      await store().beginDraft(one, 'reply_1', 1);
      await store().appendDraft(one, { reply_id: 'reply_1', attempt: 1, text: 'A walrus is' });
      await store().record(batch(one, [1, 2], 2, [interrupted(2, 1)], idle));
      expect(await excerpts(tenant, 'walrus')).toEqual([{ seq: 2, text: 'A walrus is' }]);
    });

    test('takes the excerpt from the text with the most of the words, or the earliest of such', async () => {
      const { tenant } = someone();
      const texts = ['A start.', 'A moon.', 'A walrus and a moon.', 'The moon, a walrus.'];
      const entries = texts.map((text, nth) => message(nth + 1, text));
      await holds(tenant, 'one', entries, { metadata: { title: 'Elephant' } });
      expect(await excerpts(tenant, 'moon')).toEqual([{ seq: 2, text: texts[1] }]);
      expect(await excerpts(tenant, 'a', 'walrus', 'moon')).toEqual([{ seq: 3, text: texts[2] }]);
      expect(await excerpts(tenant, 'elephant', 'walrus')).toEqual([{ seq: 3, text: texts[2] }]);
    });

    test('has no excerpt where only a title, an agent, a tool or an id fits', async () => {
      const { tenant } = someone();
      const said = [message(1, 'Nothing of the kind.'), requested(2, 'walrus_tool')];
      await holds(tenant, 'one', said);
      await holds(tenant, 'two', [], { metadata: { title: 'A walrus' } });
      await holds(tenant, 'three', [message(1, 'Nothing.')], { agent: 'walrus-keeper' });
      await holds(tenant, 'walrus', []);
      expect(await found(tenant, 'walrus')).toEqual(['walrus', 'three', 'two', 'one']);
      const page = await store().search(tenant, { words: ['walrus'], limit: 9 });
      for (const each of page.conversations) expect(each).not.toHaveProperty('excerpt');
    });

    test('shows no text behind those that it looks at', async () => {
      const { tenant } = someone();
      const entries = [
        ...Array.from({ length: SEARCHED.texts - 1 }, (_, nth) => message(nth + 1, 'moon')),
        requested(SEARCHED.texts, 'clock'),
        message(SEARCHED.texts + 1, 'A walrus, and the moon.'),
      ];
      await holds(tenant, 'one', entries, { metadata: { title: 'Walrus' } });
      expect(await excerpts(tenant, 'walrus', 'moon')).toEqual([{ seq: 1, text: 'moon' }]);
      expect(await excerpts(tenant, 'walrus')).toEqual([undefined]);
    });

    test('looks at a number of conversations a page, and leads on', async () => {
      const { tenant } = someone();
      await holds(tenant, 'oldest', [message(1, 'walrus')]);
      for (let nth = 0; nth < SEARCHED.conversations; nth += 1) {
        await holds(tenant, `other_${String(nth).padStart(3, '0')}`, []);
      }
      const first = await store().search(tenant, { words: ['walrus'], limit: 9 });
      expect(first.conversations).toEqual([]);
      const after = first.next_after!;
      expect(after).toBe('other_000');
      const next = await store().search(tenant, { words: ['walrus'], after, limit: 9 });
      expect(next.conversations.map(({ id }) => id)).toEqual(['oldest']);
      expect(next).not.toHaveProperty('next_after');
    });

    test('finds no more than were asked for, and leads on behind the last one', async () => {
      const { tenant } = someone();
      for (const id of ['one', 'two', 'three']) await holds(tenant, id, [message(1, 'walrus')]);
      const first = await store().search(tenant, { words: ['walrus'], limit: 2 });
      expect(first.conversations.map(({ id }) => id)).toEqual(['three', 'two']);
      expect(first.next_after).toBe('two');
      const next = await store().search(tenant, { words: ['walrus'], after: 'two', limit: 2 });
      expect(next.conversations.map(({ id }) => id)).toEqual(['one']);
    });
  });
}

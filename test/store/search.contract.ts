/** The contract of a search for words, for every store. */
import { describe, expect, test } from 'vitest';
import { SEARCHED } from '../../store/search.ts';
import type { Entry } from '../../contract/entry.ts';
import { batch, completed, idle, message, someone, started } from './samples.ts';
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

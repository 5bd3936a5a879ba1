/** The search of the store without a database. */
import { excerptOf } from '../../store/excerpt.ts';
import { isNamed, SEARCHED } from '../../store/search.ts';
import type { FoundConversation, Store } from '../../store/store.ts';
import { type MemoryRow, newestFirst, present } from './memory-row.ts';

export function createMemorySearch(rows: () => Iterable<MemoryRow>): Store['search'] {
  return async (tenant, { words, after, limit }) => {
    const all = [...rows()].filter((row) => row.tenant === tenant).sort(newestFirst);
    const place = after === undefined ? -1 : all.findIndex(({ id }) => id === after);
    if (after !== undefined && place === -1) return { conversations: [], searched: 'words' };
    const rest = all.slice(place + 1);
    const looked = rest.slice(0, SEARCHED.conversations);
    const fitting = looked.filter((row) => words.every((word) => occurs(word, row)));
    const conversations = fitting.slice(0, limit).map((row) => withExcerpt(row, words));
    const last =
      fitting.length > limit
        ? conversations.at(-1)
        : rest.length > looked.length
          ? looked.at(-1)
          : undefined;
    return { conversations, searched: 'words', ...(last && { next_after: last.id }) };
  };
}

function occurs(word: string, row: MemoryRow): boolean {
  if (isNamed(present(row), [word])) return true;
  return firstTexts(row).some(({ text }) => isIn(text, word));
}

function withExcerpt(row: MemoryRow, words: readonly string[]): FoundConversation {
  const [best] = firstTexts(row)
    .filter(({ isSaid }) => isSaid)
    .map(({ seq, text }) => ({ seq, text, count: words.filter((word) => isIn(text, word)).length }))
    .toSorted((a, b) => b.count - a.count || a.seq - b.seq);
  const text = best && excerptOf(best.text, words);
  return { ...present(row), ...(text !== undefined && { excerpt: { seq: best!.seq, text } }) };
}

/** What is searched of a log. */
function firstTexts({ entries }: MemoryRow): { seq: number; text: string; isSaid: boolean }[] {
  const texts = entries.flatMap((entry) => {
    switch (entry.kind) {
      case 'call.requested':
        return { seq: entry.seq, text: entry.tool, isSaid: false };
      case 'message.user':
      case 'reply.completed':
      case 'reply.interrupted':
        return { seq: entry.seq, text: entry.text, isSaid: true };
      default:
        return [];
    }
  });
  return texts.slice(0, SEARCHED.texts);
}

const isIn = (text: string, word: string) => text.toLowerCase().includes(word.toLowerCase());

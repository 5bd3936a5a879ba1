/** The titles of conversations in the list: the title that the page has set, otherwise what the user said first. */
import { computed, signal } from '@preact/signals';
import type { ConversationHead } from '../../client/index.ts';
import { meanwhile } from '../service.ts';
import { heads } from './heads.ts';

const firstWords = signal<ReadonlyMap<string, string>>(new Map());
const asked = new Set<string>();

export const titles = computed((): ReadonlyMap<string, string> => {
  const all = new Map(firstWords.value);
  for (const head of heads.value) {
    const title = titleIn(head);
    if (title !== undefined) all.set(head.id, title);
  }
  return all;
});

/** The title that the page has set. */
export const titleIn = ({ metadata: { title } }: ConversationHead): string | undefined =>
  typeof title === 'string' && title !== '' ? title : undefined;

/** Looks up what was said first, once for each conversation that has no title. */
export async function findTitle({ id, metadata, last_seq }: ConversationHead): Promise<void> {
  if (typeof metadata.title === 'string' || last_seq === 0 || asked.has(id)) return;
  asked.add(id);
  const first = meanwhile.peek().conversations.open(id);
  try {
    for await (const entry of first.entries({ kinds: ['message.user'], limit: 1 })) {
      if (entry.kind !== 'message.user') continue;
      firstWords.value = new Map(firstWords.peek()).set(id, entry.text.slice(0, 200));
    }
  } catch {
    asked.delete(id);
  }
}

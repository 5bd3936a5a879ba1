import type { EntryKind, EntryOf } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { Store } from './store.ts';

/** Every entry of these kinds, oldest first, read in pages; none if the conversation does not exist. */
export async function* allEntries<K extends EntryKind>(
  store: Pick<Store, 'entries'>,
  conversation: ConversationKey,
  kinds?: K[],
): AsyncGenerator<EntryOf<K>, void, void> {
  for (let after: number | undefined = 0; after !== undefined;) {
    const page = await store.entries(conversation, { after, limit: 1_000, kinds });
    yield* (page?.entries ?? []) as EntryOf<K>[];
    after = page?.next_after;
  }
}

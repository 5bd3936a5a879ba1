/** Everything that is stored of a conversation, as lines of JSON. */
import type { ConversationKey } from '../contract/names.ts';
import { allEntries } from './all-entries.ts';
import type { StoredConversation, Store } from './store.ts';

/** Yields the conversation and its entries in order. A large result follows its entry, in full. */
export async function* exportConversation(
  store: Pick<Store, 'entries' | 'result'>,
  { tenant, id }: ConversationKey,
  conversation: StoredConversation,
): AsyncGenerator<string, void, void> {
  yield line({ type: 'conversation', conversation });
  for await (const entry of allEntries(store, { tenant, id })) {
    yield line({ type: 'entry', conversation_id: id, entry });
    if (!('stored' in entry) || entry.stored === undefined) continue;
    const { n } = entry.stored;
    const json = await store.result({ tenant, id }, { call_id: entry.call_id, n });
    if (json === undefined) continue;
    // The stored JSON itself: parsing a result of megabytes would change nothing.
    const head = JSON.stringify({ type: 'result', conversation_id: id, call_id: entry.call_id, n });
    yield `${head.slice(0, -1)},"result":${json}}\n`;
  }
}

const line = (value: object) => `${JSON.stringify(value)}\n`;

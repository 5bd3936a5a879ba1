/** Everything that is stored of a tenant's conversations, as lines of JSON. */
import { allConversations } from '../store/all-conversations.ts';
import { exportConversation } from '../store/export.ts';
import type { Store } from '../store/store.ts';

type Readable = Pick<Store, 'entries' | 'result' | 'list'>;

/** Newest conversation first. */
export async function* exportTenant(
  store: Readable,
  tenant: string,
): AsyncGenerator<string, void, void> {
  for await (const conversation of allConversations(store, tenant)) {
    yield* exportConversation(store, { tenant, id: conversation.id }, conversation);
  }
}

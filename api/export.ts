/** Everything that is stored of a tenant's conversations, as lines of JSON. */
import { exportConversation } from '../store/export.ts';
import type { Store } from '../store/store.ts';

type Readable = Pick<Store, 'conversation' | 'entries' | 'result' | 'list'>;

/** Newest conversation first. */
export async function* exportTenant(
  store: Readable,
  tenant: string,
): AsyncGenerator<string, void, void> {
  for (let after: string | undefined; ;) {
    const page = await store.list(tenant, { limit: 100, ...(after !== undefined && { after }) });
    for (const conversation of page.conversations) {
      yield* exportConversation(store, { tenant, id: conversation.id }, conversation);
    }
    after = page.next_after;
    if (after === undefined) return;
  }
}

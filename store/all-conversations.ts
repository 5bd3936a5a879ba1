import type { Store, StoredConversation } from './store.ts';

/** Every conversation of a tenant, newest first, read in pages. */
export async function* allConversations(
  store: Pick<Store, 'list'>,
  tenant: string,
): AsyncGenerator<StoredConversation, void, void> {
  for (let after: string | undefined; ;) {
    const page = await store.list(tenant, { limit: 100, ...(after !== undefined && { after }) });
    yield* page.conversations;
    after = page.next_after;
    if (after === undefined) return;
  }
}

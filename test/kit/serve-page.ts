/** The page and its API over a store in memory: any log can be looked at, and nothing else runs. */
import { openAccess } from '../../security/access/access.ts';
import { createKey } from '../../security/access/manage.ts';
import { pageFolder } from '../../cli/page.ts';
import type { Scope } from '../../contract/access.ts';
import type { Entry } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { Store } from '../../store/store.ts';
import type { Bus } from '../../stream/bus.ts';
import { createTestApi, PUSH_SECRET } from './api.ts';
import { createMemoryStore } from './memory-store.ts';

export interface ServedPage {
  url: string;
  store: Store;
  bus: Bus;
  /** Makes a conversation with this log. @returns its id */
  holds(entries: Entry[], head: Head, title?: string): Promise<string>;
  /** Adds to the log of a conversation, as a turn does. */
  adds(id: string, entries: Entry[], head: Head): Promise<void>;
  /** Makes an API key. */
  key(...scopes: Scope[]): Promise<string>;
  close(): Promise<void>;
}

/** @param options.isClosed everything needs a key or token */
export async function servePage({ isClosed = false } = {}): Promise<ServedPage> {
  const store = createMemoryStore();
  const key = async (...scopes: Scope[]) =>
    (await createKey(store, 'default', { name: 'page', scopes, test: false })).key;
  // Built before the first reader needs it.
  await pageFolder();
  // The first key closes a service.
  if (isClosed) await key('read');
  const temporalUi = { url: 'http://127.0.0.1:8233', namespace: 'default' };
  const api = await createTestApi({
    ...{ store, page: pageFolder, about: { demoModel: true, temporalUi } },
    ...(isClosed && { access: await openAccess({ store, secret: PUSH_SECRET }) }),
  });
  let made = 0;
  let written = 0;
  const adds = async (id: string, entries: Entry[], head: Head) => {
    const conversation: ConversationKey = { tenant: 'default', id };
    const fence = { run: 1, length: (written += 1), at: 1 };
    await store.record({ conversation, fence, base: entries[0]?.seq ?? 1, entries, head });
    api.bus.publish(conversation, { type: 'poke' });
  };
  return {
    url: await api.listen(),
    ...{ store, bus: api.bus, key, adds },
    async holds(entries, head, title = 'A long conversation') {
      const id = `conv_${(made += 1)}`;
      const at = entries[0]?.at ?? new Date().toISOString();
      await store.open({ tenant: 'default', id }, { agent: 'default', metadata: { title }, at });
      let from = 0;
      for (const [nth, entry] of entries.entries()) {
        if (entry.kind !== 'reply.interrupted') continue;
        await adds(id, entries.slice(from, nth), head);
        // The store has the words of a reply that is cut off from its draft.
        const { reply_id, text } = entry;
        await store.beginDraft({ tenant: 'default', id }, reply_id, 1);
        await store.appendDraft({ tenant: 'default', id }, { reply_id, attempt: 1, text });
        from = nth;
      }
      await adds(id, entries.slice(from), head);
      return id;
    },
    close: () => api.app.close(),
  };
}

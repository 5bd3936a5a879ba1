/** The page and its API over a store in memory: any log can be looked at, and nothing else runs. */
import { afterAll, beforeAll } from 'vitest';
import { openAccess } from '../../access/access.ts';
import { createKey } from '../../access/manage.ts';
import { pageFolder } from '../../cli/page.ts';
import type { Scope } from '../../contract/access.ts';
import type { Head } from '../../contract/head.ts';
import type { Entry } from '../../contract/entry.ts';
import { createTestApi, PUSH_SECRET, type TestApi } from './api.ts';
import { createMemoryStore } from './memory-store.ts';

export interface PageOnFakes {
  url: string;
  /** Makes a conversation with this log. @returns its id */
  holds(entries: Entry[], head: Head, title?: string): Promise<string>;
  /** Makes an API key. */
  key(...scopes: Scope[]): Promise<string>;
}

/**
 * For all tests of a file.
 * @param options.isClosed everything needs a key or token
 */
export function usePageOnFakes({ isClosed = false } = {}): PageOnFakes {
  const store = createMemoryStore();
  let api: TestApi;
  let made = 0;
  const page: PageOnFakes = {
    url: '',
    async holds(entries, head, title = 'A long conversation') {
      const conversation = { tenant: 'default', id: `conv_${++made}` };
      const at = new Date().toISOString();
      await store.open(conversation, { agent: 'default', metadata: { title }, at });
      const fence = { run: 1, length: 1, at: 1 };
      await store.record({ conversation, fence, base: 1, entries, head });
      return conversation.id;
    },
    async key(...scopes) {
      return (await createKey(store, 'default', { name: 'page', scopes, test: false })).key;
    },
  };
  beforeAll(async () => {
    const temporalUi = { url: 'http://127.0.0.1:8233', namespace: 'default' };
    // Built before the first test needs it.
    await pageFolder();
    // The first key closes a service.
    if (isClosed) await page.key('read');
    api = await createTestApi({
      ...{ store, page: pageFolder, about: { demoModel: true, temporalUi } },
      ...(isClosed && { access: await openAccess({ store, secret: PUSH_SECRET }) }),
    });
    page.url = await api.listen();
  });
  afterAll(() => api.app.close());
  return page;
}

/** Pages of the list of conversations, cached for clients that poll. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import type { listQuery } from '../contract/http.ts';
import type { FoundConversations, Store } from '../store/store.ts';

type Query = Omit<z.output<typeof listQuery>, 'known'>;

export interface ListedPage
  extends Omit<FoundConversations, 'searched'>, Partial<Pick<FoundConversations, 'searched'>> {
  version: string;
}

export interface Pages {
  /** The page as the store has it now. */
  current(tenant: string, query: Query): Promise<ListedPage>;
  /** The page as the store had it within the last second, in which it is read once for all clients. */
  recent(tenant: string, query: Query): Promise<ListedPage>;
}

/** @param perf a clock, for tests */
export function createPages(
  store: Pick<Store, 'list' | 'search'>,
  perf: { now(): number } = performance,
): Pages {
  const shared = new LRUCache<string, Promise<ListedPage>>({
    ...{ max: MOST_PAGES, ttl: SHARED_MS, ttlResolution: 0, perf },
  });
  const nameOf = (tenant: string, query: Query) =>
    JSON.stringify([tenant, query.status, query.search, query.after, query.limit]);

  async function read(
    tenant: string,
    { search, after, status, limit }: Query,
  ): Promise<ListedPage> {
    const from = after === undefined ? { limit } : { after, limit };
    const page =
      search === undefined
        ? await store.list(tenant, { ...from, ...(status && { status }) })
        : await store.search(tenant, { ...from, words: search.split(/\s+/).slice(0, MOST_WORDS) });
    const version = createHash('sha256').update(JSON.stringify(page)).digest('base64url');
    return { ...page, version };
  }

  function begin(tenant: string, query: Query): Promise<ListedPage> {
    const name = nameOf(tenant, query);
    const page = read(tenant, query);
    shared.set(name, page);
    // A failure is not cached.
    page.catch(() => shared.peek(name) === page && shared.delete(name));
    return page;
  }

  return {
    current: begin,
    recent: (tenant, query) => shared.get(nameOf(tenant, query)) ?? begin(tenant, query),
  };
}

const SHARED_MS = 1_000;
/** The most different pages that are cached at once. */
const MOST_PAGES = 200;
const MOST_WORDS = 8;

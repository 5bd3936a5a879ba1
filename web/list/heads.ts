/** The conversations of the list, newest first. Asked for again and again while the page is in sight. */
import { effect, signal, untracked } from '@preact/signals';
import {
  type ConversationHead,
  type Meanwhile,
  PermissionDeniedError,
} from '../../client/index.ts';
import { outbox } from '../outbox.ts';
import { route } from '../route.ts';
import { isKeyWanted, meanwhile } from '../service.ts';

export const heads = signal<readonly ConversationHead[]>([]);
/** `loading`: nothing is known yet. `refused`: the key is for a single conversation, or may not read. */
export const listing = signal<'loading' | 'there' | 'lost' | 'refused'>('loading');
export const hasMore = signal(false);

/** Conversations that are asked for at once; the list grows by as many. */
const PAGE = 40;
const EVERY_MS = 3_000;
const pages = signal(1);
export const showMore = () => void (pages.value += 1);

/** Every conversation, for a search; undefined while nobody searches. */
export const everything = signal<readonly ConversationHead[] | undefined>(undefined);
let search: AbortController | undefined;

/** Asks for all of them once. What changes meanwhile is in `heads`. */
export async function beginSearch(): Promise<void> {
  if (search) return;
  search = new AbortController();
  const { signal } = search;
  const found: ConversationHead[] = [];
  try {
    const client = meanwhile.peek();
    for await (const head of client.conversations.list({ limit: 500 }, { signal })) {
      found.push(head);
      if (found.length % 500 === 0) everything.value = [...found];
      if (found.length >= MOST_SEARCHED) break;
    }
    if (!signal.aborted) everything.value = found;
  } catch (error) {
    if (!signal.aborted) isKeyWanted(error);
  }
}

export function endSearch(): void {
  search?.abort();
  search = undefined;
  everything.value = undefined;
}

const MOST_SEARCHED = 10_000;

let timer: ReturnType<typeof setTimeout> | undefined;
let latest = 0;

async function refresh(client: Meanwhile): Promise<void> {
  clearTimeout(timer);
  const turn = ++latest;
  try {
    const found = await newest(client, pages.peek() * PAGE);
    if (turn !== latest) return;
    heads.value = found.heads;
    hasMore.value = found.hasMore;
    listing.value = 'there';
  } catch (error) {
    if (turn !== latest || isKeyWanted(error)) return;
    listing.value = error instanceof PermissionDeniedError ? 'refused' : 'lost';
    if (listing.value === 'refused') return;
  }
  if (document.visibilityState === 'visible')
    timer = setTimeout(() => void refresh(client), EVERY_MS);
}

async function newest(client: Meanwhile, most: number) {
  const { conversations, next_after } = await client.conversations.list({
    limit: Math.min(most, 1_000),
  });
  return { heads: conversations, hasMore: next_after !== undefined && most < 1_000 };
}

effect(() => {
  const client = meanwhile.value;
  void [route.value, pages.value, outbox.value.length];
  untracked(() => void refresh(client));
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void refresh(meanwhile.peek());
});
addEventListener('online', () => void refresh(meanwhile.peek()));

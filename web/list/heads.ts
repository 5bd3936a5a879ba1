/**
 * The conversations of the list, newest first. While the page is visible it asks every few seconds what has changed, which
 * costs the service no more for a thousand pages than for one.
 */
import { effect, signal, untracked } from '@preact/signals';
import {
  type ConversationHead,
  type ConversationPage,
  type Meanwhile,
  PermissionDeniedError,
} from '../../client/index.ts';
import { outbox } from '../outbox.ts';
import { route } from '../route.ts';
import { askForKeyIfNeeded, meanwhile } from '../service.ts';

export const heads = signal<readonly ConversationHead[]>([]);
/** `loading`: nothing is known yet. `refused`: the key is for a single conversation, or may not read. */
export const listing = signal<'loading' | 'there' | 'lost' | 'refused'>('loading');
export const hasMore = signal(false);

/** Conversations that are listed at first; the list grows by as many. */
const PAGE = 40;
const MOST = 1_000;
const EVERY_MS = 3_000;
const pages = signal(1);
export const showMore = () => void (pages.value += 1);

let timer: ReturnType<typeof setTimeout> | undefined;
let latest = 0;
/** The page that the list shows, and how it was requested. */
let known: { page: ConversationPage; client: Meanwhile; limit: number } | undefined;

/** @param isExact shows the current list, not one that may be a second old */
async function refresh(client: Meanwhile, isExact: boolean): Promise<void> {
  clearTimeout(timer);
  const request = ++latest;
  const limit = Math.min(pages.peek() * PAGE, MOST);
  try {
    const page = await newest(client, limit, isExact);
    if (request !== latest) return;
    listing.value = 'there';
    if (page) {
      known = { page, client, limit };
      heads.value = page.conversations;
      hasMore.value = page.next_after !== undefined && limit < MOST;
    }
  } catch (error) {
    if (request !== latest || askForKeyIfNeeded(error)) return;
    listing.value = error instanceof PermissionDeniedError ? 'refused' : 'lost';
    if (listing.value === 'refused') return;
  }
  if (document.visibilityState === 'visible')
    timer = setTimeout(() => void refresh(client, false), EVERY_MS);
}

/** The newest conversations. Undefined if nothing has changed. */
function newest({ conversations }: Meanwhile, limit: number, isExact: boolean) {
  const isKnown = known?.client.conversations === conversations && known.limit === limit;
  return isExact || !isKnown
    ? conversations.list({ limit })
    : conversations.changed(known!.page, { limit });
}

effect(() => {
  const client = meanwhile.value;
  void [route.value, pages.value, outbox.value.length];
  untracked(() => void refresh(client, true));
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void refresh(meanwhile.peek(), true);
});
addEventListener('online', () => void refresh(meanwhile.peek(), true));

/**
 * The conversations of the list, newest first. While the page is in sight it asks every few seconds what has changed, which costs the
 * service no more for a thousand pages than for one.
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
import { isKeyWanted, meanwhile } from '../service.ts';

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
/** What the list shows, and of which service. */
let known: { page: ConversationPage; client: Meanwhile; limit: number } | undefined;

/** @param isSure shows what there is this moment, not a second ago */
async function refresh(client: Meanwhile, isSure: boolean): Promise<void> {
  clearTimeout(timer);
  const turn = ++latest;
  const limit = Math.min(pages.peek() * PAGE, MOST);
  try {
    const page = await newest(client, limit, isSure);
    if (turn !== latest) return;
    listing.value = 'there';
    if (page) {
      known = { page, client, limit };
      heads.value = page.conversations;
      hasMore.value = page.next_after !== undefined && limit < MOST;
    }
  } catch (error) {
    if (turn !== latest || isKeyWanted(error)) return;
    listing.value = error instanceof PermissionDeniedError ? 'refused' : 'lost';
    if (listing.value === 'refused') return;
  }
  if (document.visibilityState === 'visible')
    timer = setTimeout(() => void refresh(client, false), EVERY_MS);
}

/** Undefined if it is as it was. */
function newest({ conversations }: Meanwhile, limit: number, isSure: boolean) {
  const isKnown = known?.client.conversations === conversations && known.limit === limit;
  return isSure || !isKnown
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

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ConversationHead, ListedConversation } from '../../client/index.ts';
import { Cross, Plus } from '../parts/icons.tsx';
import { Mark } from '../parts/mark.tsx';
import { dayOrTime, moment } from '../parts/words.ts';
import { hashOf, route } from '../route.ts';
import { apiKey, changeKey } from '../service.ts';
import { ExcerptText } from './excerpt.tsx';
import { hasMore, heads, listing, showMore } from './heads.ts';
import { search, searchEarlier, words } from './search.ts';
import { isNews } from './seen.ts';
import { ThemeButton } from './theme.tsx';
import { findTitle, titleIn, titles } from './titles.ts';

type Filter = 'all' | 'busy' | 'closed';

const FILTERS: Record<Filter, string> = { all: 'All', busy: 'Busy', closed: 'Closed' };

export function Sidebar({ onClose }: { onClose: () => void }) {
  const filter = useSignal<Filter>('all');
  const all = search.value ? withCurrentState(search.value.found, heads.value) : heads.value;
  const shown = all.filter((head) => fits(head, filter.value));
  useEffect(() => shown.forEach((head) => void findTitle(head)), [heads.value, search.value]);
  return (
    <nav class="sidebar" aria-label="Conversations">
      <div class="sidebar-head">
        <a href={hashOf({ view: 'new' })} class="home" aria-label="Meanwhile: new conversation">
          <Mark />
        </a>
        <button class="quiet icon-only narrow-only" onClick={onClose} aria-label="Close the list">
          <Cross />
        </button>
      </div>
      <a class="button new" href={hashOf({ view: 'new' })}>
        <Plus /> New conversation
      </a>
      <input
        type="search"
        class="search"
        placeholder="Search what was said"
        aria-label="Search conversations"
        maxLength={200}
        value={words.value}
        onInput={(event) => (words.value = event.currentTarget.value)}
      />
      <div class="filters" role="group" aria-label="Which conversations">
        {(Object.keys(FILTERS) as Filter[]).map((name) => (
          <button
            key={name}
            aria-pressed={filter.value === name}
            onClick={() => (filter.value = name)}
          >
            {FILTERS[name]}
          </button>
        ))}
      </div>
      <ul class="list">
        {shown.map((head) => (
          <Item key={head.id} head={head} />
        ))}
        <Foot isEmpty={shown.length === 0} isFiltered={filter.value !== 'all'} />
      </ul>
      <div class="sidebar-foot">
        <a href="docs">API</a>
        {apiKey.value !== undefined && (
          <button class="link" onClick={() => changeKey(undefined)}>
            Forget the key
          </button>
        )}
        <ThemeButton />
      </div>
    </nav>
  );
}

/** The end of the list: why it is empty, or how to see more. */
function Foot({ isEmpty, isFiltered }: { isEmpty: boolean; isFiltered: boolean }) {
  const text = isEmpty ? emptyWords(isFiltered) : '';
  const isOfTitlesOnly = search.value?.isOfTitlesOnly === true;
  const canGoOn = search.value ? search.value.state === 'paused' : hasMore.value;
  return (
    <>
      {text !== '' && (
        <li class="small none" role="status">
          {text}
        </li>
      )}
      {isOfTitlesOnly && (
        <li class="small none">
          What was said is encrypted in the store, so only titles, agents and tools were searched.
        </li>
      )}
      {canGoOn && (
        <li>
          <button class="link more" onClick={search.value ? searchEarlier : showMore}>
            {search.value ? 'Search earlier ones' : 'Show earlier ones'}
          </button>
        </li>
      )}
    </>
  );
}

/** The found conversations in their current state. The excerpt comes from the search, and goes when the conversation is erased. */
function withCurrentState(
  found: readonly ListedConversation[],
  now: readonly ConversationHead[],
): readonly ListedConversation[] {
  const known = new Map(now.map((head) => [head.id, head]));
  return found.map((head) => {
    const current = known.get(head.id);
    return current ? { ...current, excerpt: current.erased_at ? undefined : head.excerpt } : head;
  });
}

function Item({ head }: { head: ListedConversation }) {
  const { id, calls, status, created_at, agent, excerpt } = head;
  const current = route.value.view !== 'new' && route.value.id === id;
  const asks = calls.some(({ status, question }) => status === 'awaiting_approval' || question);
  const news = !current && isNews(head);
  const running = calls.filter((call) => call.status === 'running');
  const mean = meanOf(running.flatMap(({ percent }) => percent ?? []));
  const [state, tone] = asks
    ? ['needs you', 'asks']
    : status === 'replying'
      ? ['speaking', 'live']
      : running.length > 0
        ? [`${running.length} running`, 'live']
        : [status === 'closed' ? 'closed' : '', ''];
  return (
    <li>
      <a
        class={`item ${status} ${news ? 'has-news' : ''}`}
        href={hashOf({ view: 'talk', id, entry: excerpt?.seq })}
        aria-current={current ? 'page' : undefined}
      >
        <span class="item-head">
          <span class="item-title">
            {titles.value.get(id) ?? titleIn(head) ?? 'Nothing said yet'}
          </span>
          {news && <span class="news-dot" title="New since you looked" />}
        </span>
        {excerpt && <ExcerptText text={excerpt.text} />}
        <span class="item-foot">
          <time dateTime={created_at} title={moment(created_at)}>
            {dayOrTime(created_at)}
          </time>
          {agent !== 'default' && <span class="item-agent">{agent}</span>}
          {news && <span class="unseen">new</span>}
          {state !== '' && <span class={`tag ${tone}`}>{state}</span>}
        </span>
        {mean !== undefined && (
          <progress max={100} value={mean} aria-label="Progress of its calls" />
        )}
      </a>
    </li>
  );
}

const meanOf = (all: number[]) =>
  all.length === 0 ? undefined : all.reduce((sum, each) => sum + each, 0) / all.length;

function fits({ status, calls }: ConversationHead, filter: Filter): boolean {
  if (filter === 'closed') return status === 'closed';
  if (filter === 'all') return true;
  const isOpen = calls.some(({ ended_at }) => ended_at === undefined);
  return status === 'replying' || (isOpen && status !== 'closed');
}

function emptyWords(isFiltered: boolean): string {
  if (search.value) {
    if (search.value.state === 'searching') return 'Searching …';
    if (search.value.state === 'failed') return 'The search failed. Change the words to try again.';
    return search.value.state === 'paused' ? 'Nothing found so far.' : 'Nothing found.';
  }
  if (listing.value === 'lost') return 'The service cannot be reached.';
  if (listing.value === 'refused') return 'Your key may not list conversations.';
  if (listing.value === 'loading') return 'Loading …';
  return isFiltered ? 'No conversation matches this filter.' : 'Your conversations appear here.';
}

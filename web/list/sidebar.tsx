import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ConversationHead } from '../../client/index.ts';
import { Cross, Plus } from '../parts/icons.tsx';
import { Mark } from '../parts/mark.tsx';
import { dayOrTime, moment } from '../parts/words.ts';
import { hashOf, route } from '../route.ts';
import { apiKey, useKey } from '../service.ts';
import { beginSearch, endSearch, everything, hasMore, heads, listing, showMore } from './heads.ts';
import { ThemeButton } from './theme.tsx';
import { findTitle, titleIn, titles } from './titles.ts';

type Filter = 'all' | 'busy' | 'closed';

export function Sidebar({ onClose }: { onClose: () => void }) {
  const words = useSignal('');
  const filter = useSignal<Filter>('all');
  const isSearching = words.value.trim() !== '';
  const all = isSearching ? merged(heads.value, everything.value ?? []) : heads.value;
  const found = all
    .filter((head) => fits(head, filter.value) && matches(head, words.value))
    .slice(0, isSearching ? MOST_FOUND : Infinity);
  useEffect(() => heads.value.forEach((head) => void findTitle(head)), [heads.value]);
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
        placeholder="Search"
        aria-label="Search conversations"
        value={words.value}
        onInput={(event) => {
          words.value = event.currentTarget.value;
          if (words.value.trim() === '') endSearch();
          else void beginSearch();
        }}
      />
      <div class="filters" role="group" aria-label="Which conversations">
        {(['all', 'busy', 'closed'] as const).map((name) => (
          <button
            key={name}
            aria-pressed={filter.value === name}
            onClick={() => (filter.value = name)}
          >
            {name}
          </button>
        ))}
      </div>
      <ul class="list">
        {found.map((head) => (
          <Item key={head.id} head={head} />
        ))}
        {found.length === 0 && <li class="small none">{noneWords(all.length, words.value)}</li>}
        {hasMore.value && !isSearching && (
          <li>
            <button class="link more" onClick={showMore}>
              Show earlier ones
            </button>
          </li>
        )}
      </ul>
      <div class="sidebar-foot">
        <a href="docs">API</a>
        {apiKey.value !== undefined && (
          <button class="link" onClick={() => useKey(undefined)}>
            Forget the key
          </button>
        )}
        <ThemeButton />
      </div>
    </nav>
  );
}

const MOST_FOUND = 200;

/** The newest state of each, newest first. */
function merged(
  recent: readonly ConversationHead[],
  all: readonly ConversationHead[],
): readonly ConversationHead[] {
  const known = new Set(recent.map(({ id }) => id));
  return [...recent, ...all.filter(({ id }) => !known.has(id))];
}

function Item({ head }: { head: ConversationHead }) {
  const { id, calls, status, created_at, agent } = head;
  const current = route.value.view !== 'new' && route.value.id === id;
  const asks = calls.some((call) => call.status === 'awaiting_approval');
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
        class={`item ${status}`}
        href={hashOf({ view: 'talk', id })}
        aria-current={current ? 'page' : undefined}
      >
        <span class="item-title">
          {titles.value.get(id) ?? titleIn(head) ?? 'Nothing said yet'}
        </span>
        <span class="item-foot">
          <time dateTime={created_at} title={moment(created_at)}>
            {dayOrTime(created_at)}
          </time>
          {agent !== 'default' && <span>{agent}</span>}
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

function matches({ id, agent, calls, metadata }: ConversationHead, words: string): boolean {
  const text = [
    titles.value.get(id),
    metadata.title,
    id,
    agent,
    ...calls.map(({ tool }) => tool),
  ].join('\n');
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}

function noneWords(count: number, words: string): string {
  if (listing.value === 'lost') return 'The service cannot be reached.';
  if (listing.value === 'refused') return 'Your key may not list conversations.';
  if (listing.value === 'loading') return 'Loading …';
  if (count === 0) return 'Your conversations appear here.';
  return words === '' ? 'There are none of these.' : 'Nothing matches.';
}

/** A search for words in all conversations. The service looks at some at a time, the newest first. */
import { effect, signal } from '@preact/signals';
import type { ListedConversation } from '../../client/index.ts';
import { askForKeyIfNeeded, meanwhile } from '../service.ts';

export const words = signal('');

export interface Search {
  found: readonly ListedConversation[];
  state: 'searching' | 'paused' | 'over' | 'failed';
  /** Only titles, agents and tools were searched: what was said is encrypted in the store. */
  isOfTitlesOnly: boolean;
}

/** Undefined while there are no words to search for. */
export const search = signal<Search | undefined>(undefined);

let ending = new AbortController();
let after: string | undefined;

effect(() => {
  const client = meanwhile.value;
  const text = words.value.trim();
  ending.abort();
  after = undefined;
  search.value = text === '' ? undefined : NOTHING_YET;
  if (text === '') return;
  ending = new AbortController();
  const { signal } = ending;
  const timer = setTimeout(() => void look(client, text, signal), WAIT_MS);
  return () => clearTimeout(timer);
});

/** Goes on with earlier conversations after a pause. */
export const searchEarlier = () => void look(meanwhile.peek(), words.peek().trim(), ending.signal);

async function look(
  { conversations }: typeof meanwhile.value,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const before = search.peek()?.found ?? [];
  let found = before;
  let isOfTitlesOnly = false;
  const show = (state: Search['state']) => (search.value = { found, state, isOfTitlesOnly });
  show('searching');
  try {
    for (let page = 1; ; page += 1) {
      const answer = await conversations.list({ search: text, after, limit: PAGE }, { signal });
      found = [...found, ...answer.conversations];
      isOfTitlesOnly = answer.searched === 'titles';
      after = answer.next_after;
      if (after === undefined) return void show('over');
      if (page === MOST_PAGES || found.length - before.length >= PAGE) return void show('paused');
      show('searching');
    }
  } catch (error) {
    if (!signal.aborted && !askForKeyIfNeeded(error)) show('failed');
  }
}

const NOTHING_YET: Search = { found: [], state: 'searching', isOfTitlesOnly: false };
/** Pause before a search, since the person may still be typing. */
const WAIT_MS = 200;
const PAGE = 50;
/** Number of requests before the person is asked whether to go on. */
const MOST_PAGES = 20;

/**
 * A search for words in a large store. The bench fills it with conversations of eight turns and then searches as the page does:
 * page after page of results, newest conversations first.
 *
 * - `rare_page_ms`: one page while looking for a word that nobody said, so that every text is read; the median and the slowest.
 * - `rare_20_ms`: the 20 pages after which the browser asks whether to go on. `rare_all_ms`: every conversation.
 * - `long_page_ms`: the first of these pages, in which 20 conversations have a thousand turns.
 * - `common_page_ms`: one page of a word that many conversations have.
 * - `two_words_page_ms`: one page of two words that nobody said.
 * - `insert_ms`: to record a turn meanwhile, which a search must not hold up; the slowest.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Entry } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';
import { openStore } from '../../store/open.ts';
import type { Store } from '../../store/store.ts';
import { StoreUnavailable } from '../../store/unavailable.ts';
import { startPostgres } from '../kit/postgres.ts';
import { removeFolder } from '../kit/remove-folder.ts';
import { percentile } from './figures.ts';

export const searchHelp = `npm run bench -- search [--conversations 20000] [--turns 8]
  How long a search for words takes in a store with this many conversations, on PGlite and on PostgreSQL.`;

export async function search(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      conversations: { type: 'string', default: '20000' },
      turns: { type: 'string', default: '8' },
    },
  });
  const size = { conversations: Number(values.conversations), turns: Number(values.turns) };
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-search-'));
  const postgres = await startPostgres();
  try {
    const onPostgres = await measured({ url: postgres.url, folder }, size);
    console.log(JSON.stringify({ store: 'postgres', ...onPostgres }));
    const onPGlite = await measured({ folder }, size);
    return { bench: 'search', ...size, postgres: onPostgres, pglite: onPGlite };
  } finally {
    await postgres.stop();
    await removeFolder(folder);
  }
}

interface Size {
  conversations: number;
  turns: number;
}

const TENANT = 'default';
const PAGE = 50;

async function measured(where: { url?: string; folder: string }, size: Size) {
  const store = await openStore(where);
  try {
    await fill(store, size);
    const rare = await walk(store, ['xylophone'], Infinity);
    const inserts = insertUntil(store, size);
    const common = await walk(store, ['ka'], 5);
    const two = await walk(store, ['xylophone', 'zeppelin'], 5);
    return {
      long_page_ms: rounded(rare[0]!),
      rare_page_ms: [percentile(rare, 50), rounded(Math.max(...rare))],
      rare_20_ms: rounded(sum(rare.slice(0, 20))),
      rare_all_ms: rounded(sum(rare)),
      common_page_ms: percentile(common, 50),
      two_words_page_ms: percentile(two, 50),
      insert_ms: rounded(await inserts()),
    };
  } finally {
    await store.close();
  }
}

/** @returns milliseconds of each page */
async function walk(store: Store, words: string[], most: number): Promise<number[]> {
  const took: number[] = [];
  let after: string | undefined;
  do {
    const began = performance.now();
    const page = await store.search(TENANT, { words, limit: PAGE, ...(after && { after }) });
    took.push(performance.now() - began);
    after = page.next_after;
  } while (after !== undefined && took.length < most);
  return took;
}

/** Records turns until it is told to stop. @returns milliseconds of the slowest */
function insertUntil(store: Store, { conversations, turns }: Size): () => Promise<number> {
  let isOver = false;
  let slowest = 0;
  const done = (async () => {
    for (let nth = conversations + LONG.conversations + 1; !isOver; nth += 1) {
      const began = performance.now();
      await add(store, nth, turns);
      slowest = Math.max(slowest, performance.now() - began);
    }
  })();
  return async () => {
    isOver = true;
    await done;
    return slowest;
  };
}

/** Several at a time: a bench should not wait for each disk write. */
async function fill(store: Store, { conversations, turns }: Size): Promise<void> {
  let next = 1;
  const write = async () => {
    while (next <= conversations) await addInTheEnd(store, next++, turns);
  };
  await Promise.all(Array.from({ length: 3 }, write));
  for (let nth = 1; nth <= LONG.conversations; nth += 1) {
    await addInTheEnd(store, conversations + nth, LONG.turns);
  }
}

const LONG = { conversations: 20, turns: 1_000 };

/** On a busy machine a write may take longer than the store waits. It is the same each time, so it may be repeated. */
async function addInTheEnd(store: Store, nth: number, turns: number): Promise<void> {
  for (;;) {
    try {
      return await add(store, nth, turns);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}

const IDLE: Head = { status: 'idle', calls: [], usage: { input_tokens: 0, output_tokens: 0 } };

async function add(store: Store, nth: number, turns: number): Promise<void> {
  const conversation = { tenant: TENANT, id: `conv_${String(nth).padStart(8, '0')}` };
  const at = new Date(Date.UTC(2030, 0, 1) + nth * 1_000).toISOString();
  const metadata = { title: said(nth, 5) };
  await store.open(conversation, { agent: 'default', metadata, at });
  const entries = Array.from({ length: turns }, (_, turn) => turnOf(nth, turn, at)).flat();
  const fence = { run: 1, length: 1, at: 1 };
  await store.record({ conversation, fence, base: 1, entries, head: IDLE });
}

function turnOf(nth: number, turn: number, at: string): Entry[] {
  const seq = turn * 3 + 1;
  const reply_id = `reply_${turn + 1}`;
  const usage = { input_tokens: 900, output_tokens: 60 };
  const by = (type: 'user' | 'agent') => ({ at, actor: { type, id: type }, cause: [] });
  const seed = nth * 100 + turn * 2;
  return [
    {
      ...{ seq, ...by('user'), kind: 'message.user', message_id: `m${turn}` },
      ...{ text: said(seed, 12), when_busy: 'interrupt' },
    },
    {
      ...{ seq: seq + 1, ...by('agent'), kind: 'reply.started', reply_id },
      ...{ because: 'message', reason: 'message' },
    },
    {
      ...{ seq: seq + 2, ...by('agent'), kind: 'reply.completed', reply_id },
      ...{ text: said(seed + 1, 60), usage },
    },
  ] as Entry[];
}

/** Words made of syllables, the same for the same seed. */
function said(seed: number, count: number): string {
  let state = seed * 2_654_435_761 + 1;
  const next = (most: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * most);
  };
  const syllables = ['ka', 'to', 'mi', 'ren', 'sul', 'vo', 'ped', 'an', 'gri', 'lo', 'ne', 'bash'];
  const word = () => Array.from({ length: 2 + next(2) }, () => syllables[next(12)]).join('');
  return Array.from({ length: count }, word).join(' ');
}

const sum = (values: number[]) => values.reduce((total, each) => total + each, 0);
const rounded = (value: number) => Math.round(value * 10) / 10;

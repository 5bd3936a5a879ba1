/** The activity that pushes news to a harness. It is retried until the harness has taken it, so a text may arrive twice, with the same numbers. */
import type { Entry, Schedule } from '../../contract/entry.ts';
import type { NewsPush } from '../../contract/signals.ts';
import { pokeText } from '../model-proxy/words.ts';
import { allEntries } from '../../store/all-entries.ts';
import type { Store } from '../../store/store.ts';
import type { PushAdapters } from './target.ts';
import { textOfNews } from './words.ts';

export interface PushNewsParts {
  store: Pick<Store, 'entries'>;
  adapters: PushAdapters;
}

/** Shorter than the timeout of the activity. */
const LONGEST_MS = 25_000;

export function createPushNews({ store, adapters }: PushNewsParts) {
  /** @returns seqs of the news that the harness has taken; none behind the proxy, which records them itself */
  return async function pushNews({
    conversation,
    harness,
    thread,
    news,
  }: NewsPush): Promise<number[]> {
    const adapter = adapters[harness];
    if (!adapter || !/^[\w-]{1,100}$/.test(thread)) return [];
    const log: Entry[] = [];
    for await (const entry of allEntries(store, conversation, KINDS)) log.push(entry);
    // Some may have been delivered in the meantime, for example in a turn of the user.
    const told = new Set(log.flatMap((entry) => (entry.kind === 'receipt' ? entry.of : [])));
    const waiting = news.filter(({ seq }) => !told.has(seq));
    if (waiting.length === 0) return [];
    const of = waiting.map(({ seq }) => seq);
    const upTo = Math.max(...of);
    const schedule = mostUrgent(waiting.map((each) => each.schedule));
    const push = (text: string) =>
      adapter(
        { thread, text, schedule, id: `${conversation.id}-${upTo}` },
        AbortSignal.timeout(LONGEST_MS),
      );
    if (isBehindProxy(log)) {
      // The proxy replaces this text by the news, and records what was delivered.
      if (schedule !== 'silent') await push(pokeText(upTo));
      return [];
    }
    const entries = log.filter(({ seq }) => of.includes(seq));
    const text = textOfNews(conversation.id, entries);
    return text !== undefined && (await push(text)) ? of : [];
  };
}

const KINDS: Entry['kind'][] = [
  'call.requested',
  'call.event',
  'call.completed',
  'call.failed',
  'call.denied',
  'receipt',
];

/** Only calls that came through the proxy in front of a model have anchors. */
const isBehindProxy = (log: readonly Entry[]) =>
  log.some((entry) => entry.kind === 'call.requested' && entry.anchor !== undefined);

const ORDER: Schedule[] = ['silent', 'when_idle', 'interrupt'];
const mostUrgent = (schedules: Schedule[]): Schedule =>
  ORDER[Math.max(...schedules.map((each) => ORDER.indexOf(each)))]!;

/** Reads a conversation from the store, once or after every change. */
import type { Entry, EntryKind } from '../../contract/entry.ts';
import type { ConversationKey } from '../../contract/names.ts';
import { allEntries } from '../../store/all-entries.ts';
import type { StoredConversation, Store } from '../../store/store.ts';
import { isUnavailable } from '../../store/unavailable.ts';
import type { Hub } from '../../stream/hub.ts';
import type { LiveProgress, Position } from '../../stream/item.ts';
import { KINDS_FOR_REST } from './rest.ts';
import { isExternal, KINDS_OF_RESULTS } from './results.ts';

export type Reads = Pick<Store, 'conversation' | 'entries' | 'marks' | 'progress'>;

/** A call whose results are held back, because a request is about to be answered with them. */
export interface Held {
  call_id: string;
  /** When the request ends at the latest. Milliseconds since 1970. Undefined if this process answers it and knows when. */
  until?: number;
}

export interface Look {
  log: Entry[];
  head: StoredConversation;
  /** Seqs that this process has sent as the answer to a call and for which the log has no receipt yet. */
  told?: ReadonlySet<number>;
  /** The log ends before the first result of this call. */
  held?: Held;
}

const KINDS: EntryKind[] = [...new Set<EntryKind>([...KINDS_FOR_REST, ...KINDS_OF_RESULTS])];

/** Undefined when there is no such conversation. */
export async function look(store: Reads, key: ConversationKey): Promise<Look | undefined> {
  const log: Entry[] = [];
  for await (const entry of allEntries(store, key, KINDS)) log.push(entry);
  // The head is read after the log, so that it is not older than the log.
  const head = await store.conversation(key);
  return head && { log, head };
}

/** The look with the latest progress: the progress in the head is what the model was told last, and may be older. */
export async function withLiveProgress(
  store: Reads,
  key: ConversationKey,
  seen: Look,
): Promise<Look> {
  const { head } = seen;
  const running = head.calls.filter(({ status }) => status === 'running').map(({ id }) => id);
  if (running.length === 0) return seen;
  const live = await store.progress(key, running);
  const calls = head.calls.map((call) => {
    const { percent = call.percent, note = call.note } = live.get(call.id) ?? {};
    return call.status === 'running' ? { ...call, percent, note } : call;
  });
  return { ...seen, head: { ...head, calls } };
}

/** The part of a look that is not in the log. */
export const stateOf = ({ head, told }: Look) => ({
  isBusy: head.status === 'replying',
  isExternal: isExternal(head),
  head,
  ...(told && { told }),
});

/**
 * Yields the conversation at once and after each entry that can change an answer, and live progress in between, until the signal aborts
 * or the conversation has ended. While the store is unavailable it yields no look.
 */
export async function* looks(
  { store, hub }: { store: Reads; hub: Pick<Hub, 'join'> },
  key: ConversationKey,
  signal: AbortSignal,
): AsyncGenerator<{ look: Look } | { progress: LiveProgress }, void, void> {
  const [mark] = await store.marks([key]);
  if (!mark) return;
  const first = await look(store, key);
  if (first) yield { look: first };
  const from = { after: mark.last_seq, revision: mark.revision };
  for await (const item of hub.join(key, from, signal).items()) {
    if (item.type === 'progress') yield { progress: item };
    if (item.type !== 'rewind' && !(item.type === 'entry' && MATTERS.has(item.entry.kind)))
      continue;
    const next = await lookIfThere(store, key);
    if (next) yield { look: next };
  }
}

/** Undefined if there is no such conversation, or while the store is unavailable. */
export const lookIfThere = (store: Reads, key: ConversationKey) =>
  look(store, key).catch((error) => {
    if (!isUnavailable(error)) throw error;
    return undefined;
  });

/**
 * Resolves when the log has the entry of an accepted request, or after `patience_ms`, if no worker writes it. Without this wait, the
 * client's next request could find the conversation idle.
 */
export async function waitForEntry(
  { hub }: { hub: Pick<Hub, 'join'> },
  key: ConversationKey,
  isIt: (entry: Entry) => boolean,
  {
    from,
    closing,
    patience_ms = 3_000,
  }: { from: Position; closing: AbortSignal; patience_ms?: number },
): Promise<void> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(patience_ms)]);
  for await (const item of hub.join(key, from, signal).items()) {
    if (item.type === 'entry' && isIt(item.entry)) return;
  }
}

export const isMessage = (id: string) => (entry: Entry) =>
  entry.kind === 'message.user' && entry.message_id === id;

export const isRequest = (callId: string) => (entry: Entry) =>
  entry.kind === 'call.requested' && entry.call_id === callId;

/** The kinds of entries that can change an answer. */
const MATTERS = new Set<EntryKind>([
  'reply.completed',
  'reply.interrupted',
  'reply.failed',
  'call.awaiting_approval',
  'call.approved',
  'call.answered',
  'call.denied',
  'call.event',
  'call.started',
  'call.dropped',
  'call.completed',
  'call.failed',
  'call.cancelled',
  'receipt',
  'limit.reached',
  'conversation.reset',
  'conversation.closed',
]);

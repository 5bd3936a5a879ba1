/** Reads what the store has of a conversation, once or after every change. */
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

/** A call whose results are held back. */
export interface Held {
  call_id: string;
  /** When to look again at the latest. Milliseconds since 1970; undefined: when this process has answered it. */
  until?: number;
}

export interface Look {
  log: Entry[];
  head: StoredConversation;
  /** What this process has sent as the answer to a call; the log does not say so yet. */
  told?: ReadonlySet<number>;
  /** The log ends before the first result of this call. */
  held?: Held;
}

const KINDS: EntryKind[] = [...new Set<EntryKind>([...KINDS_FOR_REST, ...KINDS_OF_RESULTS])];

/** Undefined when there is no such conversation. */
export async function look(store: Reads, key: ConversationKey): Promise<Look | undefined> {
  const log: Entry[] = [];
  for await (const entry of allEntries(store, key, KINDS)) log.push(entry);
  // After the log: a head that is read first may know nothing yet of what the log has.
  const head = await store.conversation(key);
  return head && { log, head };
}

/** Progress in the head was told to the model; live progress is newer. */
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

/** What is not in the log. */
export const stateOf = ({ head, told }: Look) => ({
  isBusy: head.status === 'replying',
  isExternal: isExternal(head),
  head,
  ...(told && { told }),
});

/**
 * Looks at once, and again whenever something has changed that matters, until the signal aborts or the conversation has ended.
 * While the store is unavailable it waits.
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

/** Undefined also while the store is unavailable. */
export const lookIfThere = (store: Reads, key: ConversationKey) =>
  look(store, key).catch((error) => {
    if (!isUnavailable(error)) throw error;
    return undefined;
  });

/**
 * Resolves once the log has what was accepted, so that a client which looks next does not take the conversation for idle; or after
 * `patience_ms`, if no worker is there to write it.
 */
export async function heard(
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

/** After any other entry of a log, nothing can be over that was not over before. */
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

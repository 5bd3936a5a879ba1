/**
 * Ends a log whose workflow is gone because an operator has terminated it or it has failed. Only the log is left to work from: open
 * calls and replies are ended, and news that was not reported gets a receipt that says so.
 */
import { CALL_ENDS } from '../contract/call-ends.ts';
import type { Actor, ClosedBy, Entry, EntryKind } from '../contract/entry.ts';
import type { CallHead, Head } from '../contract/head.ts';
import { CANCEL_TOOL } from '../contract/names.ts';
import type { MessageSignal } from '../contract/signals.ts';

/** The kinds of entries that are needed. */
export const KINDS_FOR_END = [
  'message.user',
  'reply.started',
  'call.requested',
  'call.event',
  ...CALL_ENDS,
  'receipt',
] as const satisfies EntryKind[];

export interface Gone {
  /** Entries of at least these kinds, in order. */
  entries: Entry[];
  last_seq: number;
  head: Head;
  /** The text so far of the reply in flight. */
  said: string;
}

/** A message that Temporal has, whether or not the log does. `at` is in ISO 8601. */
export interface AcceptedMessage {
  at: string;
  message: MessageSignal;
}

const OPERATOR: Actor = { type: 'system', id: 'operator' };
const ENDED_CALLS = 10;

export function endOfGone(
  { entries, last_seq, head, said }: Gone,
  { why, at, sent = [] }: { why: ClosedBy; at: string; sent?: AcceptedMessage[] },
): { entries: Entry[]; head: Head } {
  const written: Entry[] = [];
  const log = (kind: EntryKind, body: object, cause: number[]) =>
    written.push({
      seq: last_seq + written.length + 1,
      at,
      kind,
      actor: OPERATOR,
      cause,
      ...body,
    } as unknown as Entry);

  // Accepted messages belong in the log, even though they will not be answered.
  const heard = new Set(entries.flatMap((e) => (e.kind === 'message.user' ? e.message_id : [])));
  for (const { at: sentAt, message } of sent) {
    const { message_id, text, when_busy = 'interrupt', author = 'user' } = message;
    if (heard.has(message_id)) continue;
    heard.add(message_id);
    const actor: Actor = { type: 'user', id: author };
    log('message.user', { message_id, text, when_busy, at: sentAt, actor }, []);
  }

  if (head.reply) {
    const reply_id = head.reply.id;
    const started = entries.findLast((e) => e.kind === 'reply.started' && e.reply_id === reply_id);
    const body = { reply_id, text: said, by: 'close', rolled_back: false };
    log('reply.interrupted', body, started ? [started.seq] : []);
  }
  const open = head.calls.filter(({ ended_at }) => ended_at === undefined);
  for (const { id } of open.toReversed()) {
    const requested = entries.find((e) => e.kind === 'call.requested' && e.call_id === id);
    log('call.cancelled', { call_id: id, by: 'close' }, requested ? [requested.seq] : []);
  }
  const cancelled = new Set(open.map(({ id }) => id));
  const untold = newsWithoutReceipt(entries);
  const [superseded, failed] = [true, false].map((isCancelled) =>
    untold.filter(({ call_id }) => cancelled.has(call_id) === isCancelled).map(({ seq }) => seq),
  );
  if (superseded!.length > 0) log('receipt', { of: superseded, fate: 'superseded' }, superseded!);
  if (failed!.length > 0) log('receipt', { of: failed, fate: 'failed' }, failed!);
  log('conversation.closed', { why }, []);

  const ended = open.map((call): CallHead => {
    const { position: _, expires_at: __, suspended: ___, why: ____, input: _____, ...facts } = call;
    return { ...facts, status: 'cancelled', ended_at: at };
  });
  const before = head.calls.filter(({ ended_at }) => ended_at !== undefined);
  const calls = [...before, ...ended].slice(-Math.max(ENDED_CALLS, ended.length));
  return { entries: written, head: { status: 'closed', calls, usage: head.usage } };
}

/** Call events and ends that no reply has reported. */
function newsWithoutReceipt(entries: Entry[]): { seq: number; call_id: string }[] {
  const told = new Set(entries.flatMap((entry) => (entry.kind === 'receipt' ? entry.of : [])));
  const tools = new Map(
    entries.flatMap((e) => (e.kind === 'call.requested' ? [[e.call_id, e.tool] as const] : [])),
  );
  return entries.flatMap((entry) => {
    switch (entry.kind) {
      case 'call.event':
      case 'call.failed':
      case 'call.denied':
        break;
      case 'call.completed':
        // The model has announced the cancellation itself.
        if (tools.get(entry.call_id) === CANCEL_TOOL) return [];
        break;
      case 'call.cancelled':
        if (entry.by !== 'operator') return [];
        break;
      default:
        return [];
    }
    return told.has(entry.seq) ? [] : [{ seq: entry.seq, call_id: entry.call_id }];
  });
}

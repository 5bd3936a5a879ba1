/** A conversation's log, looked at from its calls and its replies. Knows nothing of how it was written. */
import { isCallEnd } from '../../../contract/call-ends.ts';
import type { Entry, EntryKind, EntryOf } from '../../../contract/entry.ts';
import type { ConversationEvidence } from '../evidence.ts';
import type { Count, Finding } from './report.ts';

export interface Trace {
  id: string;
  evidence: ConversationEvidence;
  /** By seq, each seq once. */
  entries: Entry[];
  bySeq: Map<number, Entry>;
  calls: Map<string, CallTrace>;
  replies: Map<string, ReplyTrace>;
  closed?: EntryOf<'conversation.closed'>;
}

export interface CallTrace {
  id: string;
  /** It had no workflow: its entries were written together, when it was over. */
  isQuick: boolean;
  /** All entries of the conversation, in order. */
  entries: Entry[];
  requested: EntryOf<'call.requested'>[];
  started: EntryOf<'call.started'>[];
  events: EntryOf<'call.event'>[];
  ends: Entry[];
}

export interface ReplyTrace {
  id: string;
  started: EntryOf<'reply.started'>[];
  ends: Entry[];
}

/** The tool that the conversation itself carries out: it ends without having started, and its success is no news. */
export const CANCEL_TOOL = 'cancel_call';

export function traceOf(evidence: ConversationEvidence): Trace {
  const bySeq = new Map<number, Entry>();
  for (const entry of evidence.entries) if (!bySeq.has(entry.seq)) bySeq.set(entry.seq, entry);
  const entries = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  const calls = Map.groupBy(entries, callOf);
  const replies = Map.groupBy(entries, replyOf);
  return {
    id: evidence.id,
    evidence,
    entries,
    bySeq,
    calls: new Map(named(calls).map(([id, own]) => [id, callTrace(evidence, id, own)])),
    replies: new Map(named(replies).map(([id, own]) => [id, replyTrace(id, own)])),
    closed: only(entries, 'conversation.closed')[0],
  };
}

/** What a user or a harness wanted with it, if that has a key. */
export const keyOf = ({ requested }: CallTrace) =>
  (requested[0]?.input as { key?: string } | undefined)?.key;

/** True: the gap in the numbers is counted already, and what points into it is not counted again. */
export const isGap = ({ bySeq, entries }: Trace, seq: number) =>
  seq >= 1 && seq < (entries.at(-1)?.seq ?? 0) && !bySeq.has(seq);

export const only = <K extends EntryKind>(entries: Entry[], kind: K) =>
  entries.filter((entry): entry is EntryOf<K> => entry.kind === kind);

export const isReplyEnd = ({ kind }: Entry) => REPLY_ENDS.has(kind);

/** For a trace's findings: all of them carry its id. */
export function reporter({ id }: Trace, count: Count): Reporter {
  const findings: Finding[] = [];
  const report = (seqs: number[], words: string) =>
    void findings.push({ count, conversation: id, seqs, words });
  return { findings, report };
}

export interface Reporter {
  findings: Finding[];
  report(this: void, seqs: number[], words: string): void;
}

const REPLY_ENDS = new Set<string>(['reply.completed', 'reply.interrupted', 'reply.failed']);

const callOf = (entry: Entry) => ('call_id' in entry ? entry.call_id : undefined);
/** A receipt names a reply, and is no part of it. */
const replyOf = (entry: Entry) =>
  entry.kind !== 'receipt' && 'reply_id' in entry ? entry.reply_id : undefined;

const callTrace = (
  { quick = [] }: ConversationEvidence,
  id: string,
  entries: Entry[],
): CallTrace => ({
  id,
  isQuick: quick.includes(id),
  entries,
  requested: only(entries, 'call.requested'),
  started: only(entries, 'call.started'),
  events: only(entries, 'call.event'),
  ends: entries.filter(isCallEnd),
});

const replyTrace = (id: string, entries: Entry[]): ReplyTrace => ({
  id,
  started: only(entries, 'reply.started'),
  ends: entries.filter(isReplyEnd),
});

const named = (groups: Map<string | undefined, Entry[]>) =>
  [...groups].filter((group): group is [string, Entry[]] => group[0] !== undefined);

/** The data of the timeline: messages, replies and calls, each with its place in time and its lane. Pure. */
import type { CallState, ConversationState, Entry, Turn } from '../../client/index.ts';
import { type Scale, scaleOf } from './scale.ts';

export interface Dot {
  seq: number;
  at: number;
}
export interface ReplySpan {
  seq: number;
  turn: number;
  from: number;
  /** Undefined while it is in flight. */
  to: number | undefined;
  look: 'asked' | 'unprompted' | 'failed';
  isCut: boolean;
}
export interface CallSpan {
  call: CallState;
  lane: number;
  from: number;
  started: number | undefined;
  to: number | undefined;
  /** Results and progress that the log has. */
  events: (Dot & { isResult: boolean })[];
}
export interface Chart {
  scale: Scale;
  messages: Dot[];
  replies: ReplySpan[];
  calls: CallSpan[];
  lanes: number;
  /** The place of an entry, from which a line is drawn to the turn that it triggered. */
  placeOf(seq: number): { at: number; row: 'you' | number } | undefined;
}

/**
 * @param now the end of replies and calls that are not over yet. Milliseconds since 1970
 * @param room width that a short conversation should fill, in pixels
 */
export function chartOf(
  state: ConversationState,
  turns: readonly Turn[],
  now: number,
  room: number,
): Chart {
  const messages = state.messages.flatMap(({ from, seq, at }) =>
    from === 'user' ? [{ seq, at: Date.parse(at) }] : [],
  );
  const replies = turns.flatMap((turn) =>
    turn.replies.map((reply): ReplySpan => {
      const { seq, status, started_at, ended_at, because } = reply;
      return {
        ...{ seq, turn: turn.turn, from: Date.parse(started_at) },
        to: ended_at === undefined ? undefined : Date.parse(ended_at),
        look: status === 'failed' ? 'failed' : because === 'news' ? 'unprompted' : 'asked',
        isCut: status === 'interrupted',
      };
    }),
  );
  const { spans: calls, lanes } = callSpans(state.calls, state.entries);
  const moments = [
    ...messages.map(({ at }) => at),
    ...replies.flatMap(({ from, to }) => [from, to ?? now]),
    ...calls.flatMap(({ from, started, to, events }) => [
      from,
      ...(started === undefined ? [] : [started]),
      to ?? now,
      ...events.map(({ at }) => at),
    ]),
  ];
  const byCall = new Map(calls.map((span) => [span.call.id, span] as const));
  return {
    ...{ scale: scaleOf(moments, room), messages, replies, calls, lanes },
    placeOf(seq) {
      const entry = state.entries[seq - 1];
      if (!entry) return undefined;
      const at = Date.parse(entry.at);
      if (entry.kind === 'message.user') return { at, row: 'you' };
      const span = 'call_id' in entry ? byCall.get(entry.call_id) : undefined;
      return span && { at, row: span.lane };
    },
  };
}

function callSpans(calls: readonly CallState[], entries: readonly Entry[]) {
  const events = new Map<string, CallSpan['events']>();
  for (const entry of entries) {
    if (entry.kind !== 'call.event') continue;
    const list = events.get(entry.call_id) ?? [];
    events.set(entry.call_id, list);
    const isResult = entry.event === 'result';
    list.push({ seq: entry.seq, at: Date.parse(entry.at), isResult });
  }
  /** When the last call of each lane ends. */
  const busy: number[] = [];
  const spans = calls.map((call): CallSpan => {
    const from = Date.parse(call.requested_at);
    const to = call.ended_at === undefined ? undefined : Date.parse(call.ended_at);
    const free = busy.findIndex((end) => end <= from);
    const lane = free === -1 ? busy.length : free;
    busy[lane] = to ?? Infinity;
    const started = call.started_at === undefined ? undefined : Date.parse(call.started_at);
    return { call, lane, from, started, to, events: events.get(call.id) ?? [] };
  });
  return { spans, lanes: busy.length };
}

/**
 * Groups a log by turns (R14), from the entries alone, so that any log that can be read can be explained. Pure.
 */
import type { Entry, EntryOf } from '../../contract/entry.ts';
import { cut } from '../../contract/stored.ts';
import type { Trigger, Turn, TurnCall, TurnReply } from '../../contract/turns.ts';
import { addUsage } from '../../contract/usage.ts';
import { ruleOfCall, ruleOfInterruption, ruleOfLimit, rulesOfStart } from './rules.ts';
import { isTrigger, type TriggerEntry, triggerOf } from './trigger.ts';

export interface Turns {
  /** Adds the next entry of the log. */
  add(entry: Entry): void;
  /** The turns of all entries so far. */
  all(): Turn[];
}

type ReplyEnd = EntryOf<'reply.completed' | 'reply.interrupted' | 'reply.failed'>;

export function gatherTurns(): Turns {
  const turns: Turn[] = [];
  /** Triggers by seq: entries that may make the agent speak. */
  const triggers = new Map<number, Trigger>();
  const heard = new Map<number, TriggerEntry>();
  /** By seq of reply.started, and by reply id. */
  const replies = new Map<number | string, { turn: Turn; reply: TurnReply }>();
  const calls = new Map<string, TurnCall>();
  /** Triggers that wait, by seq, each with the turn in which it arrived. */
  const deferred = new Map<number, { turn: Turn; item: Turn['deferred'][number] }>();
  /** Reply ids by the seq of the entry that ended the reply. */
  const ends = new Map<number, string>();
  let inFlight: { turn: Turn; reply: TurnReply } | undefined;

  function startReply(entry: EntryOf<'reply.started'>) {
    const follows = entry.because === 'results' ? entry.cause.map((seq) => replies.get(seq)) : [];
    const before = follows.find((found) => found !== undefined);
    const causes = entry.cause.flatMap((seq) => triggers.get(seq) ?? []);
    const turn = before?.turn ?? beginTurn(entry, causes);
    const { reply_id, seq, because, reason, at } = entry;
    const reply: TurnReply = {
      reply_id,
      seq,
      because,
      reason,
      rules: rulesOfStart(
        entry,
        entry.cause.flatMap((cause) => heard.get(cause) ?? []),
      ),
      status: 'in_flight',
      started_at: at,
    };
    turn.replies.push(reply);
    delete turn.ended_at;
    delete turn.duration_ms;
    inFlight = { turn, reply };
    replies.set(seq, inFlight);
    replies.set(reply_id, inFlight);
    for (const { seq: taken } of causes) {
      const waited = deferred.get(taken);
      if (waited?.turn === turn) undefer(taken);
      else if (waited) waited.item.turn ??= turn.turn;
    }
  }

  function beginTurn(entry: EntryOf<'reply.started'>, triggered_by: Trigger[]): Turn {
    const turn: Turn = {
      turn: turns.length + 1,
      triggered_by,
      because: entry.because === 'message' ? 'message' : 'news',
      replies: [],
      calls: [],
      spoken: [],
      merged: [],
      silent: [],
      superseded: [],
      unheard: [],
      deferred: [],
      limits: [],
      started_at: entry.at,
      usage: { input_tokens: 0, output_tokens: 0 },
    };
    turns.push(turn);
    return turn;
  }

  function endReply(entry: ReplyEnd) {
    const found = replies.get(entry.reply_id);
    if (!found) return;
    const { turn, reply } = found;
    ends.set(entry.seq, entry.reply_id);
    Object.assign(reply, endOf(entry), {
      ended_at: entry.at,
      duration_ms: between(reply.started_at, entry.at),
    });
    // A failed reply may have cost tokens too.
    if (reply.usage) turn.usage = addUsage(turn.usage, reply.usage);
    turn.ended_at = entry.at;
    turn.duration_ms = between(turn.started_at, entry.at);
    if (inFlight?.reply === reply) inFlight = undefined;
    // The trigger that interrupted the reply did not wait.
    if (entry.kind === 'reply.interrupted') {
      entry.cause.forEach(undefer);
      reply.rules.push(ruleOfInterruption(entry));
    }
  }

  function requestCall({ call_id, tool, seq, cause }: EntryOf<'call.requested'>) {
    const reply_id = cause.map((at) => ends.get(at)).find((id) => id !== undefined) ?? '';
    const call: TurnCall = { call_id, tool, seq, reply_id, status: 'requested', rules: [] };
    calls.set(call_id, call);
    replies.get(reply_id)?.turn.calls.push(call);
  }

  function addTrigger(entry: TriggerEntry) {
    const trigger = triggerOf(entry);
    triggers.set(entry.seq, trigger);
    heard.set(entry.seq, entry);
    if (!inFlight) return;
    const item = { ...trigger };
    inFlight.turn.deferred.push(item);
    deferred.set(entry.seq, { turn: inFlight.turn, item });
  }

  function undefer(seq: number) {
    const waited = deferred.get(seq);
    if (!waited) return;
    waited.turn.deferred = waited.turn.deferred.filter((item) => item !== waited.item);
    deferred.delete(seq);
  }

  function settle({ of, fate, reply_id }: EntryOf<'receipt'>) {
    // A conversation whose model is in the client has no turns.
    if (fate === 'acknowledged' || fate === 'delivered') return;
    const turn = (reply_id && replies.get(reply_id)?.turn) || turns.at(-1);
    const told = of.flatMap((seq) => triggers.get(seq) ?? []);
    turn?.[fate === 'failed' ? 'unheard' : fate].push(...told);
  }

  function reachLimit(entry: EntryOf<'limit.reached'>) {
    const { seq, at, limit, value, cause } = entry;
    const rule = ruleOfLimit(entry);
    const held_back = cause.flatMap((held) => triggers.get(held) ?? []);
    turns.at(-1)?.limits.push({ seq, at, limit, value, rule, held_back });
  }

  return {
    add(entry) {
      if (isTrigger(entry)) addTrigger(entry);
      if ('call_id' in entry) follow(calls.get(entry.call_id), entry);
      switch (entry.kind) {
        case 'reply.started':
          return startReply(entry);
        case 'reply.completed':
        case 'reply.interrupted':
        case 'reply.failed':
          return endReply(entry);
        case 'call.requested':
          return requestCall(entry);
        case 'receipt':
          return settle(entry);
        case 'limit.reached':
          return reachLimit(entry);
        default:
          return undefined;
      }
    },
    all: () => turns,
  };
}

function endOf(entry: ReplyEnd): Partial<TurnReply> {
  switch (entry.kind) {
    case 'reply.completed':
      return {
        ...{ status: 'completed', text: shorten(entry.text), usage: entry.usage },
        ...(entry.speculation && { speculation: entry.speculation }),
      };
    case 'reply.interrupted':
      return { status: 'interrupted', text: shorten(entry.text), interrupted_by: entry.by };
    case 'reply.failed':
      return {
        status: 'failed',
        error: shorten(entry.error.message),
        ...(entry.text !== undefined && { text: shorten(entry.text) }),
        ...(entry.usage && { usage: entry.usage }),
      };
  }
}

/** Updates the state of a call. */
function follow(call: TurnCall | undefined, entry: Entry): void {
  if (!call || entry.kind === 'call.requested' || entry.kind === 'call.event') return;
  call.status = entry.kind.slice('call.'.length);
  const rule = ruleOfCall(entry);
  if (rule) call.rules.push(rule);
  const why = whyOf(entry);
  if (why === undefined) delete call.why;
  else call.why = shorten(why);
}

function whyOf(entry: Entry): string | undefined {
  switch (entry.kind) {
    case 'call.dropped':
      return entry.why;
    case 'call.awaiting_approval':
      return entry.why;
    case 'call.denied':
      return entry.reason;
    case 'call.failed':
      return entry.error.message;
    case 'call.cancelled':
      return `by ${entry.by}`;
    default:
      return undefined;
  }
}

const between = (from: string, to: string) => Math.max(0, Date.parse(to) - Date.parse(from));

const shorten = (text: string) => (text.length > 200 ? `${cut(text, 0, 199)}…` : text);

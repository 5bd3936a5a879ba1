/**
 * What the rules promise, checked after every decision from the log and the effects alone: the audit keeps its own picture of the
 * conversation and never takes the state's word for it.
 */
import type { Entry } from '../../contract/entry.ts';
import { type Limits, TENANT_TOKENS_SPENT } from '../../contract/limits.ts';
import type { Decision, Effect, Event } from '../../conversation/event.ts';
import { wakeAt } from '../../conversation/next.ts';
import type { State } from '../../conversation/state.ts';
import { createCallAudit } from './audit-calls.ts';
import { createInitiativeAudit } from './audit-initiative.ts';
import { createNewsAudit } from './audit-news.ts';
import type { Told } from './told.ts';
import { broken } from './violation.ts';

/** What the model could see when it was asked. */
export interface Shown {
  /** Message id of the payment that the user wants last of all; undefined: none. */
  wanted?: string;
  payments: { id: string; pays: string; isOpen: boolean }[];
  /** Ids of all open calls. */
  open: string[];
}

export interface Audit {
  /** Such a program ran before: it goes on. */
  adopted(call_id: string): void;
  /** With `keep`: everything that was decided, and what was heard for it. */
  readonly told: { events: Event[]; decided: Decision }[];
  /** Acknowledged: it may not be lost. */
  accepted(message_id: string): void;
  decided(decision: Decision, events: Event[]): void;
  /** A program has started. */
  ran(call: Extract<Effect, { kind: 'start_call' }>['call']): void;
  shown(reply_id: string): Shown;
  /** Nothing more happens unless a user acts. `running`: the programs that never end. */
  atRest(state: State, now: number, running: Set<string>): void;
  /** The conversation is closed. */
  atTheEnd(told: Told[]): void;
}

interface Reply {
  id: string;
  started: number;
  answers: number[];
  shown: Shown;
}

export function createAudit(limits: Limits, keep: boolean): Audit {
  const told: Audit['told'] = [];
  const calls = createCallAudit(limits);
  const initiative = createInitiativeAudit(limits);
  const news = createNewsAudit(limits);
  const accepted = new Set<string>();
  const paid = new Set<unknown>();
  /** Message ids in the log. */
  const heard = new Set<string>();
  /** Seqs of messages that no reply has begun to answer. */
  let unanswered: number[] = [];
  let lastMessage = { seq: 0, at: -Infinity };
  /** The last message that was about a payment, if it asks for one. */
  let wanted: string | undefined;
  let reply: Reply | undefined;
  let last: Reply | undefined;
  /** Seq of the last message of this decision that interrupts. */
  let cutting = 0;
  /** Replies that this turn has led to so far. */
  let inTurn = 0;
  let seq = 0;
  let closed = false;

  return {
    told,
    accepted: (message_id) => void accepted.add(message_id),
    decided(decision, events) {
      if (keep) told.push({ events, decided: decision });
      cutting = 0;
      calls.heard(events);
      for (const entry of decision.entries) check(entry, decision.effects);
      afterwards(decision, Math.max(...events.map(({ at }) => at)));
    },
    ran({ tool, input }) {
      if (tool !== 'pay') return;
      const { pays } = input as { pays: string };
      if (paid.has(pays)) throw broken('R3', `${pays} is paid twice.`);
      paid.add(pays);
    },
    adopted: calls.adopted,
    shown(reply_id) {
      if (last?.id !== reply_id)
        throw broken('R1', `${reply_id} is asked for, but not in the log.`);
      return last.shown;
    },
    atRest(state, now, running) {
      if (state.closed || state.turn.phase === 'closing') return;
      if (state.turn.phase !== 'idle')
        throw broken('R1', `It rests while ${state.turn.phase}.`, now);
      if (unanswered.length > 0)
        throw broken('R2', `Message ${unanswered[0]} waits for ever.`, now);
      if (!initiative.isHushed()) news.atRest();
      calls.atRest(running);
    },
    atTheEnd(programs) {
      if (reply) throw broken('R15', `${reply.id} is never over.`);
      for (const id of accepted) if (!heard.has(id)) throw broken('R2', `Message ${id} is lost.`);
      calls.atTheEnd(programs);
      news.atTheEnd();
    },
  };

  function check(entry: Entry, effects: Effect[]): void {
    const at = Date.parse(entry.at);
    if (entry.seq !== ++seq) throw broken('R14', `Entry ${entry.seq} follows ${seq - 1}.`, at);
    if (closed) throw broken('R15', `${entry.kind} after the close.`, at);
    for (const cause of entry.cause) {
      if (cause >= seq) throw broken('R14', `Entry ${seq} is caused by ${cause}.`, at);
    }
    switch (entry.kind) {
      case 'message.user':
        return hearMessage(entry);
      case 'reply.started':
        return hearStart(entry, effects);
      case 'reply.completed':
        calls.mayFollow({ completed: entry.seq, started: over(entry, at).started });
        news.isTold(entry.reply_id);
        initiative.ends(entry);
        reply = undefined;
        return;
      case 'reply.interrupted':
      case 'reply.failed': {
        const cut = over(entry, at);
        const again = entry.kind === 'reply.interrupted' && ['message', 'event'].includes(entry.by);
        if (again) unanswered = [...cut.answers, ...unanswered];
        // What the tenant has no tokens for is not hushed up: it waits for the user.
        const isRefused = entry.kind === 'reply.failed' && entry.error.type === TENANT_TOKENS_SPENT;
        news.isCutOff(again || isRefused);
        initiative.ends(entry);
        reply = undefined;
        return;
      }
      case 'receipt':
        return news.receipt(entry);
      case 'conversation.closed':
        closed = true;
        return;
      case 'summary':
      case 'summary.failed':
      case 'conversation.reset':
      case 'signal.dropped':
        return;
      case 'limit.reached':
        return initiative.reached(entry);
      default:
        if (calls.check(entry, { lastMessage, at })) news.add(entry);
        if (entry.kind === 'call.requested' && entry.awaits) news.isManaged(entry);
        if (entry.kind === 'call.cancelled' && entry.by !== 'operator')
          news.isCancelled(entry.call_id);
    }
  }

  function hearMessage(entry: Entry & { kind: 'message.user' }): void {
    const { message_id, when_busy } = entry;
    if (heard.has(message_id)) throw broken('R8', `Message ${message_id} is heard twice.`);
    heard.add(message_id);
    unanswered.push(entry.seq);
    initiative.message();
    lastMessage = { seq: entry.seq, at: Date.parse(entry.at) };
    if (when_busy === 'interrupt' || when_busy === 'rollback') cutting = entry.seq;
    if (message_id.endsWith(' no payment')) wanted = undefined;
    else if (message_id.endsWith(' pay')) wanted = message_id;
  }

  function hearStart(entry: Entry & { kind: 'reply.started' }, effects: Effect[]): void {
    const id = entry.reply_id;
    if (reply) throw broken('R1', `${id} starts while ${reply.id} is in flight.`);
    const effect = effects.find((e) => e.kind === 'start_reply' && e.request.reply_id === id);
    if (effect?.kind !== 'start_reply') throw broken('R14', `Nobody asks the model for ${id}.`);
    const { request } = effect;
    if (request.to !== entry.seq) throw broken('R14', `${id} does not see the whole log.`);
    for (const message of unanswered) {
      if (!entry.cause.includes(message)) throw broken('R2', `${id} leaves out ${message}.`);
    }
    calls.isShown(request.calls, id);
    inTurn = entry.because === 'results' ? inTurn + 1 : 1;
    if (inTurn > limits.max_replies_per_turn) throw broken('R11', `${id} is one too many.`);
    initiative.begins(entry);
    if (entry.because === 'news') news.isDue(Date.parse(entry.at));
    news.isAsked(id, request.news);
    const shown = { wanted, payments: calls.payments(), open: calls.open().map(({ id }) => id) };
    reply = last = { id, started: entry.seq, answers: unanswered, shown };
    unanswered = [];
  }

  function over({ reply_id }: { reply_id: string }, at: number): Reply {
    if (reply?.id !== reply_id) throw broken('R1', `${reply_id} ends but is not in flight.`, at);
    return reply;
  }

  /** What has to be true between two decisions. */
  function afterwards({ state, effects }: Decision, now: number): void {
    if (reply && reply.started < cutting) {
      throw broken('R2', `${reply.id} goes on though message ${cutting} interrupts it.`);
    }
    const replying = state.turn.phase === 'replying' ? state.turn.reply.id : undefined;
    if (replying !== reply?.id) throw broken('R1', `In flight: ${reply?.id}, not ${replying}.`);
    if (unanswered.length > 0 && !reply && state.turn.phase !== 'closing' && !closed)
      throw broken('R2', `Message ${unanswered[0]} waits though nobody speaks.`);
    calls.afterwards(effects, state.calls);
    if (state.hushed !== initiative.isHushed()) throw broken('R12', 'It is quiet for no reason.');
    if (initiative.isHushed() || closed) return news.afterwards();
    const wakesAt = wakeAt(state) ?? Infinity;
    const freeAt = initiative.freeAt();
    if (reply) news.afterwards({ isReplying: true, now, wakesAt, freeAt });
    else if (state.turn.phase === 'idle')
      news.afterwards({ isReplying: false, now, wakesAt, freeAt });
    else news.afterwards();
  }
}

/** An audit that forgets: after a reset only the first `decisions` of them have been, and what was accepted is owed all the same. */
export interface ResettableAudit extends Audit {
  reset(decisions: number): void;
}

export function createResettableAudit(limits: Limits, keep: boolean): ResettableAudit {
  let audit = createAudit(limits, keep);
  const accepted = new Set<string>();
  return {
    get told() {
      return audit.told;
    },
    accepted(id) {
      accepted.add(id);
      audit.accepted(id);
    },
    decided: (decision, events) => audit.decided(decision, events),
    ran: (call) => audit.ran(call),
    adopted: (id) => audit.adopted(id),
    shown: (id) => audit.shown(id),
    atRest: (state, now, running) => audit.atRest(state, now, running),
    atTheEnd: (told) => audit.atTheEnd(told),
    reset(decisions) {
      const kept = audit.told.slice(0, decisions);
      audit = createAudit(limits, keep);
      for (const id of accepted) audit.accepted(id);
      for (const { decided, events } of kept) {
        audit.decided(decided, events);
        for (const effect of decided.effects)
          if (effect.kind === 'start_call') audit.ran(effect.call);
      }
    },
  };
}

/** What the rules promise a conversation whose model is elsewhere, checked after every decision from the log and the effects alone. */
import type { Entry } from '../../../contract/entry.ts';
import type { Limits } from '../../../contract/limits.ts';
import type { Decision, Event } from '../../../conversation/event.ts';
import { wakeAt } from '../../../conversation/next.ts';
import { createCallAudit } from '../audit-calls.ts';
import type { Told } from '../told.ts';
import { broken } from '../violation.ts';
import { createPushAudit } from './audit-pushes.ts';
import { createToldAudit } from './audit-told.ts';

export interface ExternalAudit {
  decided(decision: Decision, events: Event[]): void;
  /** Nothing more happens unless the harness acts. `running`: the programs that never end. */
  atRest(running: Set<string>): void;
  /** The conversation is closed. */
  atTheEnd(told: Told[]): void;
}

/** No message makes a call stale that a harness has requested. */
const NO_MESSAGE = { seq: 0, at: -Infinity };

export function createExternalAudit(limits: Limits, isPushed: boolean): ExternalAudit {
  const calls = createCallAudit(limits);
  const told = createToldAudit(calls.isRecorded);
  const pushes = createPushAudit(limits, isPushed);
  const messages = new Set<string>();
  let seq = 0;
  let isClosing = false;
  let closed = false;

  return {
    decided({ state, entries, effects }, events) {
      const now = Math.max(...events.map(({ at }) => at));
      if (events.some(({ type }) => type === 'close')) isClosing = true;
      calls.heard(events);
      told.heard(events, seq);
      pushes.heard(events);
      for (const entry of entries) check(entry);
      for (const { kind } of effects) {
        if (SPEAKS.has(kind)) throw broken('R1', `${kind}: its model is elsewhere.`, now);
      }
      calls.afterwards(effects, state.calls);
      told.afterwards(state.news, closed);
      const wakesAt = wakeAt(state) ?? Infinity;
      pushes.afterwards(effects, told.waiting(), { now, wakesAt, goesOn: !isClosing });
    },
    atRest(running) {
      if (isClosing) return;
      calls.atRest(running);
      pushes.atRest(told.waiting());
    },
    atTheEnd: calls.atTheEnd,
  };

  function check(entry: Entry): void {
    const at = Date.parse(entry.at);
    if (entry.seq !== ++seq) throw broken('R14', `Entry ${entry.seq} follows ${seq - 1}.`, at);
    if (closed) throw broken('R15', `${entry.kind} after the close.`, at);
    for (const cause of entry.cause) {
      if (cause >= seq) throw broken('R14', `Entry ${seq} is caused by ${cause}.`, at);
    }
    switch (entry.kind) {
      case 'message.user':
        if (messages.has(entry.message_id))
          throw broken('R8', `Message ${entry.message_id} is heard twice.`, at);
        messages.add(entry.message_id);
        return;
      case 'receipt':
        return told.receipt(entry, isClosing);
      case 'conversation.closed':
        if (!isClosing) throw broken('R15', 'It closes by itself.', at);
        closed = true;
        return;
      case 'reply.started':
      case 'reply.completed':
      case 'reply.interrupted':
      case 'reply.failed':
      case 'summary':
      case 'summary.failed':
      case 'limit.reached':
      case 'signal.dropped':
      case 'conversation.reset':
        throw broken('R1', `${entry.kind}: its model is elsewhere.`, at);
      default:
        if (calls.check(entry, { lastMessage: NO_MESSAGE, at })) told.add(entry);
        if (entry.kind === 'call.cancelled' && entry.by !== 'operator')
          told.isCancelled(entry.call_id);
    }
  }
}

const SPEAKS: ReadonlySet<string> = new Set([
  'start_reply',
  'stop_reply',
  'summarise',
  'stop_summary',
]);

/** Calls, as the log tells of them: R3, R8, R9, R10, R13. */
import type { Entry, EntryOf } from '../../contract/entry.ts';
import type { Limits } from '../../contract/limits.ts';
import type { ApprovalDecision } from '../../contract/head.ts';
import type { OpenCall, RequestedCall } from '../../contract/call.ts';
import { CANCEL_TOOL } from '../../contract/names.ts';
import type { Effect, Event } from '../../conversation/event.ts';
import type { Told } from './told.ts';
import { createCancelAudit } from './audit-cancels.ts';
import { slotsOf } from './slots.ts';
import { broken } from './violation.ts';

export type CallEntry = Extract<Entry, { call_id: string }>;

interface AuditedCall {
  id: string;
  tool: string;
  request: RequestedCall;
  /** The first word of a person. */
  verdict?: ApprovalDecision;
  /** Seq of the start of the reply that asked for it: it knew nothing that came later. */
  decidedAt: number;
  status: OpenCall['status'] | 'over';
  end?: CallEntry['kind'];
  isReleased: boolean;
  approval?: { expires_at: number; isGiven: boolean };
  /** Number of the last event. */
  n: number;
  /** Id of its open question. */
  question?: string;
  /** It has asked before, and goes on beside those that took its place. */
  hasAsked?: true;
  /** It ran already when a reset took its start back: some of what it said came too early. */
  isAdopted?: true;
  /** Of a call that a harness asked for. */
  way?: Way;
}

/** `recorded`: it was over when the conversation heard of it. `begun`: it ran already. */
type Way = 'requested' | 'begun' | 'recorded';

export function createCallAudit(limits: Limits) {
  const calls = new Map<string, AuditedCall>();
  const open = new Map<string, AuditedCall>();
  /** As the model asked for them. */
  const requests = new Map<string, RequestedCall>();
  /** As a harness first asked for them. */
  const ways = new Map<string, Way>();
  let isClosing = false;
  const cancels = createCancelAudit(calls);
  let asking: { completed: number; started: number } | undefined;
  /** Calls that this decision started, and calls that it stopped while they ran. */
  let started: string[] = [];
  let stopped: string[] = [];
  let answered: string[] = [];
  /** Calls of which this decision heard that they run already. */
  let begun: string[] = [];

  return {
    /** Before what is decided on them. */
    heard,
    mayFollow: (reply: { completed: number; started: number }) => void (asking = reply),
    check,
    adopted: (call_id: string) => void (calls.get(call_id)!.isAdopted = true),
    payments: () =>
      [...calls.values()]
        .filter(({ tool, end }) => tool === 'pay' && end !== 'call.dropped')
        .map(({ id, request, status }) => {
          return { id, pays: (request.input as { pays: string }).pays, isOpen: status !== 'over' };
        }),
    open: () => [...open.values()],
    /** It was over before the conversation heard of it. */
    isRecorded: (call_id: string) => ways.get(call_id) === 'recorded',
    isShown,
    afterwards,
    atRest,
    atTheEnd,
  };

  function heard(events: Event[]): void {
    cancels.heard(events);
    for (const event of events) {
      if (event.type === 'reply_completed') {
        for (const request of event.result.calls) requests.set(request.call_id, request);
      }
      if (event.type === 'close') isClosing = true;
      if (event.type === 'request_call' && event.begun && !ways.has(event.call.call_id))
        begun.push(event.call.call_id);
      if (event.type === 'request_call' && !isClosing)
        hearHarness(event.call, event.begun ? 'begun' : 'requested');
      if (event.type === 'record_calls')
        for (const { call } of event.calls) hearHarness(call, 'recorded');
      if (event.type === 'decide_call') {
        const call = open.get(event.call_id);
        if (call?.status === 'awaiting_approval') call.verdict ??= event.decision;
      }
    }
  }

  /** A repeat says nothing new. */
  function hearHarness(request: RequestedCall, way: Way): void {
    if (ways.has(request.call_id)) return;
    ways.set(request.call_id, way);
    requests.set(request.call_id, request);
  }

  /** @returns whether it is news for the model */
  function check(
    entry: CallEntry,
    { lastMessage, at }: { lastMessage: { seq: number; at: number }; at: number },
  ): boolean {
    if (entry.kind === 'call.requested') return request(entry, at);
    const call = calls.get(entry.call_id);
    if (!call)
      throw broken('R13', `${entry.kind} of ${entry.call_id}, which nobody asked for.`, at);
    if (call.status === 'over')
      throw broken('R13', `${entry.kind} of ${call.id}, which is over.`, at);
    switch (entry.kind) {
      case 'call.awaiting_approval':
        release(call, lastMessage, at);
        call.status = 'awaiting_approval';
        call.approval = { expires_at: Date.parse(entry.expires_at), isGiven: false };
        return false;
      case 'call.approved':
        if (call.status !== 'awaiting_approval' || at >= call.approval!.expires_at)
          throw broken('R10', `${call.id} is approved too late.`, at);
        if (call.verdict !== 'approve') throw broken('R10', `Nobody approved ${call.id}.`, at);
        call.approval!.isGiven = true;
        return false;
      case 'call.queued':
        if (call.way === 'begun') throw broken('R9', `${call.id} has begun, and queues.`, at);
        refuseDuplicate(call, at);
        release(call, lastMessage, at);
        call.status = 'queued';
        return false;
      case 'call.started':
        refuseDuplicate(call, at);
        release(call, lastMessage, at);
        if ((call.request.approval || call.approval) && !call.approval?.isGiven)
          throw broken('R10', `${call.id} starts without a person's yes.`, at);
        if (call.way === 'requested' && slotsOf(open.values()).running >= limits.max_running)
          throw broken('R9', `${call.id} starts, and there is no room.`, at);
        call.status = 'running';
        if (call.way !== 'recorded') started.push(call.id);
        return false;
      case 'call.event':
        if (
          call.status !== 'running' ||
          (call.isAdopted ? entry.n <= call.n : entry.n !== call.n + 1)
        )
          throw broken('R8', `Event ${entry.n} of ${call.id} follows event ${call.n}.`, at);
        call.n = entry.n;
        if (entry.settles) delete call.question;
        if (entry.question) Object.assign(call, { question: entry.question.id, hasAsked: true });
        return true;
      case 'call.answered':
        if (call.question !== entry.question_id)
          throw broken('R8', `${call.id} gets an answer to ${entry.question_id}.`, at);
        delete call.question;
        answered.push(call.id);
        return false;
      case 'call.completed':
        if (call.tool === CANCEL_TOOL) release(call, lastMessage, at);
        else if (call.status !== 'running')
          throw broken('R8', `${call.id} is completed while ${call.status}.`, at);
        end(call, entry);
        return call.tool !== CANCEL_TOOL;
      case 'call.failed':
      case 'call.denied':
        end(call, entry);
        return true;
      case 'call.cancelled':
        if (entry.by === 'operator') {
          // Past the conversation: it is over already, and the model does not know.
          if (call.status !== 'running')
            throw broken('R13', `${call.id} is cancelled by an operator, and never ran.`, at);
          end(call, entry);
          return true;
        }
        if (call.status === 'running') stopped.push(call.id);
        end(call, entry);
        return false;
      case 'call.dropped':
        if (call.isReleased) throw broken('R3', `${call.id} is dropped after its release.`, at);
        end(call, entry);
        return false;
    }
  }

  function request({ call_id, tool, cause }: EntryOf<'call.requested'>, at: number): false {
    if (calls.has(call_id)) throw broken('R13', `${call_id} is asked for twice.`, at);
    const way = ways.get(call_id);
    if (!way && (!asking || !cause.includes(asking.completed)))
      throw broken('R14', `${call_id} is asked for by no reply.`, at);
    const facts = { id: call_id, tool, request: requests.get(call_id)!, n: 0, ...(way && { way }) };
    const decidedAt = way ? Infinity : asking!.started;
    const call: AuditedCall = { ...facts, decidedAt, status: 'requested', isReleased: false };
    calls.set(call_id, call);
    open.set(call_id, call);
    cancels.isRequested(call_id);
    return false;
  }

  /** R10: one that minds duplicates does not run beside the same, unless a person agrees. */
  function refuseDuplicate(call: AuditedCall, at: number): void {
    if (!call.request.duplicates || call.isReleased) return;
    const input = JSON.stringify(call.request.input);
    for (const other of open.values()) {
      if (other === call || !other.isReleased || other.tool !== call.tool) continue;
      if (JSON.stringify(other.request.input) === input)
        throw broken('R10', `${call.id} goes on beside the same ${other.id}.`, at);
    }
  }

  /** R3: what was decided on stale input never runs. */
  function release(call: AuditedCall, lastMessage: { seq: number; at: number }, at: number): void {
    if (call.isReleased) return;
    call.isReleased = true;
    if (call.decidedAt < lastMessage.seq)
      throw broken(
        'R3',
        `${call.id} is released, but message ${lastMessage.seq} came after it was decided.`,
        at,
      );
    if (at - lastMessage.at < limits.settle_ms)
      throw broken('R3', `${call.id} is released ${at - lastMessage.at} ms after a message.`, at);
  }

  function end(call: AuditedCall, { kind }: CallEntry): void {
    call.status = 'over';
    call.end = kind;
    open.delete(call.id);
  }

  function isShown(shown: OpenCall[], reply: string): void {
    const same = ({ call_id, status }: OpenCall) => open.get(call_id)?.status === status;
    if (shown.length !== open.size || !shown.every(same)) {
      const are = [...open.values()].map(({ id, status }) => `${id} ${status}`).join(', ');
      const seen = shown.map(({ call_id, status }) => `${call_id} ${status}`).join(', ');
      throw broken('R13', `${reply} is shown [${seen}] as open; open are [${are}].`);
    }
  }

  function afterwards(effects: Effect[], stated: { id: string; status: string }[]): void {
    if (stated.length !== open.size || stated.some((c) => open.get(c.id)?.status !== c.status)) {
      throw broken('R14', 'The log and the state differ in what is open.');
    }
    const told = (kind: 'start_call' | 'cancel_call') =>
      effects.flatMap((effect) => {
        if (effect.kind === 'start_call' && kind === 'start_call') return effect.call.call_id;
        return effect.kind === 'cancel_call' && kind === 'cancel_call' ? effect.call_id : [];
      });
    if (String(told('start_call')) !== String(started))
      throw broken('R9', `Started: ${String(started)}; told to: ${String(told('start_call'))}.`);
    cancels.afterwards();
    const byItself = new Set(stopped.filter((id) => !told('cancel_call').includes(id)));
    for (const id of told('cancel_call')) {
      if (!stopped.includes(id)) throw broken('R13', `${id} is stopped, but not cancelled.`);
    }
    if (byItself.size > 0) throw broken('R13', `${[...byItself].join()} runs on, cancelled.`);
    const passedOn = effects.flatMap((effect) =>
      effect.kind === 'answer_call' ? effect.call_id : [],
    );
    if (String(passedOn) !== String(answered))
      throw broken('R8', `Answered: ${String(answered)}; told to: ${String(passedOn)}.`);
    const ended = effects.flatMap((effect) =>
      effect.kind === 'stop_begun' ? effect.call.call_id : [],
    );
    const left = begun.filter((id) => !started.includes(id));
    if (String(ended) !== String(left))
      throw broken('R13', `Begun and not started: ${String(left)}; stopped: ${String(ended)}.`);
    [started, stopped, answered, begun] = [[], [], [], []];
    const { running, besides, queued } = slotsOf(open.values());
    if (running - besides > limits.max_running) throw broken('R9', `${running} calls run at once.`);
    if (queued > 0 && running < limits.max_running)
      throw broken('R9', `${queued} calls queue while there is room.`);
  }

  function atRest(endless: Set<string>): void {
    for (const { id, status } of open.values()) {
      if (status === 'running' && endless.has(id)) continue;
      if (status === 'queued') continue;
      throw broken('R13', `${id} is ${status} for ever.`);
    }
  }

  function atTheEnd(programs: Told[]): void {
    for (const { id } of open.values()) throw broken('R13', `${id} is open after the close.`);
    for (const { call_id, events, ended } of programs) {
      const call = calls.get(call_id)!;
      if (!ended || call.isAdopted || call.end === 'call.cancelled') continue;
      if (call.n !== events)
        throw broken('R5', `${call_id} told ${events} events, the log has ${call.n}.`);
    }
  }
}

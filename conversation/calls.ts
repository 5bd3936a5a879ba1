/** Calls: requested → (awaiting approval) → queued → running → completed, failed or cancelled; or dropped or denied before they ran. */
import type { Actor } from '../contract/entry.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { CallEnd, CallEventSignal } from '../contract/signals.ts';
import { QUESTION_TIMEOUT_MS, type RequestedCall } from '../contract/call.ts';
import { callHead } from './head.ts';
import { flowOf, holdNews, isComplete, newFlow, releaseNews } from './managed.ts';
import { supersedeNews } from './news.ts';
import { runOf } from './run-of.ts';
import { shownInput } from './shown-input.ts';
import { type Call, ENDED_CALLS, type News } from './state.ts';
import { agent, addEntry, SYSTEM, type Step, tool, user } from './step.ts';

/**
 * Records the calls that the model has asked for. None runs yet.
 * @param cause the seq of the reply that requested them; empty if the reply is not in this log
 */
export function requestCalls(step: Step, calls: RequestedCall[], cause: number[]): void {
  for (const request of calls) {
    const { call_id, tool: name, input, report, awaits, results, attached, anchor } = request;
    const requested = addEntry(
      step,
      'call.requested',
      {
        call_id,
        tool: name,
        input,
        ...(report && { report }),
        ...(awaits && { awaits }),
        ...(results !== undefined && { results }),
        ...(attached && { attached }),
        ...(anchor !== undefined && { anchor }),
      },
      { actor: agent(step), cause },
    );
    const facts = { id: call_id, tool: name, requested, requested_at: step.at };
    // The log has these; the rules do not need them.
    const { attached: _attached, anchor: _anchor, ...kept } = request;
    const call: Call = { ...facts, status: 'requested', request: kept };
    step.state.calls.push(call);
    const early = step.state.early_cancels.find((cancel) => cancel.call_id === call_id);
    if (early) cancelCall(step, call, user(early.by), 'user');
  }
}

/** R3: drops the requested calls. They were decided on stale input and never run. */
export function dropCalls(step: Step, why: string, cause: number[]): void {
  for (const call of requestedCalls(step)) {
    addEntry(
      step,
      'call.dropped',
      { call_id: call.id, why },
      { actor: SYSTEM, cause: [call.requested, ...cause] },
    );
    retire(step, call, 'dropped');
  }
}

/** One asynchronous result of a running call. Repeats, and events that arrive after the call's end, change nothing (R8). */
export function hearEvent(step: Step, signal: CallEventSignal): void {
  const call = acceptReport(step, signal.call_id);
  if (!call || signal.n <= call.n) return;
  const { call_id, n, event, percent, note, data, stored, schedule, pushed_n, missing } = signal;
  const { question, settles } = signal;
  const expires_at = step.at + QUESTION_TIMEOUT_MS;
  const seq = addEntry(
    step,
    'call.event',
    {
      call_id,
      n,
      event,
      ...(percent !== undefined && { percent }),
      ...(note !== undefined && { note }),
      ...(data !== undefined && { data }),
      ...(stored && { stored }),
      schedule,
      ...(pushed_n !== undefined && { pushed_n }),
      ...(missing && { missing }),
      ...(question && {
        question: { ...question, expires_at: new Date(expires_at).toISOString() },
      }),
      ...(settles && { settles }),
    },
    { actor: tool(call.tool), cause: [call.requested] },
  );
  call.n = n;
  if (settles) delete call.question;
  if (question) call.question = { ...question, asked: seq, expires_at };
  if (event === 'progress') {
    call.percent = percent;
    call.note = note;
  }
  const label = `${event === 'progress' ? `${percent} %` : `result ${n}`} of ${call_id}`;
  const news = { seq, call_id, rank: event, schedule, at: step.at, label };
  if (call.flow) holdNews(step, call.flow, news);
  else step.state.news.push(news);
  if (question) fillSlots(step);
}

/** The call's workflow reports that the call is over. */
export function hearEnd(step: Step, callId: string, end: CallEnd): void {
  const call = acceptReport(step, callId);
  if (call) endCall(step, call, end);
}

type Running = Call & { status: 'running' };

/** The running call that reports. One that reports while it waits for a slot was started before a reset: it counts as running from now on. */
function acceptReport(step: Step, callId: string): Running | undefined {
  const call = step.state.calls.find(({ id }) => id === callId);
  if (call?.status === 'queued' && call.perhaps_started) return startCall(step, call);
  return call?.status === 'running' ? call : undefined;
}

/** Cancels an open call. Later reports of its program are ignored. */
export function cancelCall(step: Step, call: Call, actor: Actor, by: string, cause: number[] = []) {
  addEntry(
    step,
    'call.cancelled',
    { call_id: call.id, by },
    { actor, cause: [call.requested, ...cause] },
  );
  if (call.status === 'running') step.effects.push({ kind: 'cancel_call', call_id: call.id });
  supersedeNews(step, call.id);
  retire(step, call, 'cancelled');
}

/**
 * A call that already runs elsewhere is recorded as started, and needs no slot (R9).
 * @returns whether it was requested, and not cancelled since
 */
export function startRequested(step: Step, callId: string): boolean {
  const call = findRequested(step, callId);
  if (call) startCall(step, { ...call, status: 'queued', queued_at: step.at, released: [] });
  return call !== undefined;
}

/** Ends a call that began and ended elsewhere. @returns seq of the entry. Undefined if the call was cancelled before. */
export function endRequested(step: Step, callId: string, end: CallEnd): number | undefined {
  const call = findRequested(step, callId);
  if (!call) return undefined;
  const context = { actor: SYSTEM, cause: [call.requested] };
  addEntry(step, 'call.started', { call_id: callId }, context);
  endCall(step, call, end);
  return step.state.news.findLast(({ call_id }) => call_id === callId)?.seq;
}

const findRequested = (step: Step, callId: string) =>
  requestedCalls(step).find(({ id }) => id === callId);

/** Ends a call and queues the news of its end for the model. */
export function endCall(
  step: Step,
  call: Call,
  end: CallEnd | Denied,
  context: { actor: Actor; cause: number[] } = {
    actor: tool(call.tool),
    cause: [call.requested],
  },
): void {
  const seq = logEnd(step, call.id, end, context);
  // A success is no news for a flow that has already continued: no turn is spent on it.
  const schedule = end.type === 'completed' && isComplete(flowOf(call)) ? 'silent' : 'when_idle';
  releaseNews(step, call.id, schedule);
  retire(step, call, end.type);
  const news = { seq, call_id: call.id, at: step.at, label: `${call.id} ${end.type}` } as const;
  const rank = end.type === 'denied' ? 'decision' : 'end';
  step.state.news.push({ ...news, rank, schedule } satisfies News);
}

interface Denied {
  type: 'denied';
  reason?: string;
}

function logEnd(
  step: Step,
  call_id: string,
  end: CallEnd | Denied,
  context: { actor: Actor; cause: number[] },
): number {
  switch (end.type) {
    case 'completed': {
      const { result, stored } = end;
      return addEntry(
        step,
        'call.completed',
        { call_id, result, ...(stored && { stored }) },
        context,
      );
    }
    case 'failed':
      return addEntry(step, 'call.failed', { call_id, error: end.error }, context);
    case 'cancelled':
      return addEntry(step, 'call.cancelled', { call_id, by: 'operator' }, context);
    case 'denied': {
      const { reason } = end;
      return addEntry(step, 'call.denied', { call_id, ...(reason && { reason }) }, context);
    }
  }
}

/**
 * Puts a call at the end of the queue; it starts at once if a slot is free (R9).
 * @param cause seqs of the entries that released it, in addition to its request
 */
export function enqueue(
  step: Step,
  call: Call & { status: 'requested' },
  cause: number[] = [],
): void {
  const { state } = step;
  const queued: Call = { ...call, status: 'queued', queued_at: step.at, released: cause };
  state.calls = [...state.calls.filter(({ id }) => id !== call.id), queued];
  fillSlots(step);
  const position = state.calls
    .filter(({ status }) => status === 'queued')
    .findIndex(({ id }) => id === call.id);
  if (position === -1) return;
  addEntry(
    step,
    'call.queued',
    { call_id: call.id, position: position + 1 },
    { actor: SYSTEM, cause: [call.requested, ...cause] },
  );
}

/** Replaces a call with its new version, in the same position. */
export function replaceCall({ state }: Step, call: Call): void {
  state.calls = state.calls.map((other) => (other.id === call.id ? call : other));
}

/** R9: starts the next calls in the queue while slots are free. */
function fillSlots(step: Step): void {
  const { calls, limits } = step.state;
  const running = calls.filter((call) => call.status === 'running' && isWork(call));
  let free = limits.max_running - running.length;
  const next = calls
    .filter((call) => call.status === 'queued')
    .filter((call) => !isWork(call) || free-- > 0);
  for (const call of next) startCall(step, call);
}

function startCall(step: Step, queued: Call & { status: 'queued' }): Running {
  const { request, queued_at: _, released, ...facts } = queued;
  const { duplicates, shown, awaits, results, input } = request;
  const running: Running = {
    ...facts,
    status: 'running',
    started_at: step.at,
    n: 0,
    // Kept to recognise a duplicate (R10); nothing else needs it.
    ...(duplicates && { input }),
    ...(awaits && { flow: newFlow(results) }),
  };
  replaceCall(step, running);
  const cause = [facts.requested, ...released];
  addEntry(step, 'call.started', { call_id: facts.id }, { actor: SYSTEM, cause });
  const { perhaps_started } = facts;
  const agreed = facts.decision === 'approve' && shown && { agreed: shownInput(request).input };
  step.effects.push({
    kind: 'start_call',
    call: { ...runOf(request), ...agreed },
    ...(perhaps_started && { perhaps_started }),
  });
  return running;
}

/**
 * Reading a stored result takes no slot: otherwise long calls in every slot would block it for hours. A call that waits for a person
 * takes none either. Once it is answered it goes on, even if that exceeds `max_running`.
 */
const isWork = (call: Call) =>
  call.tool !== READ_TOOL && !(call.status === 'running' && call.question);

/** Moves a call to the ended ones and gives its slot to the next in the queue. */
export function retire(
  step: Step,
  call: Call,
  status: 'completed' | 'failed' | 'cancelled' | 'denied' | 'dropped',
): void {
  const { state } = step;
  const ended_at = new Date(step.at).toISOString();
  const {
    position: _,
    expires_at: __,
    suspended: ___,
    why: ____,
    question: _____,
    ...facts
  } = callHead(call, state);
  state.calls = state.calls.filter(({ id }) => id !== call.id);
  state.ended = [...state.ended, { ...facts, status, ended_at }].slice(-ENDED_CALLS);
  fillSlots(step);
}

/** The calls that the model has requested and that are not released yet, in the model's order. */
export const requestedCalls = (step: Step) =>
  step.state.calls.filter((call) => call.status === 'requested');

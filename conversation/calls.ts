/** Calls: requested → queued → running → completed, failed or cancelled; or dropped before they ran. */
import type { Actor } from '../contract/entry.ts';
import { CANCEL_TOOL } from '../contract/names.ts';
import type { CallEnd, CallEventSignal } from '../contract/signals.ts';
import type { RequestedCall } from '../contract/turn.ts';
import { callHead } from './head.ts';
import { supersedeNews } from './news.ts';
import { type Call, ENDED_CALLS, type News } from './state.ts';
import { agent, log, SYSTEM, type Step, tool } from './step.ts';

/** The model has asked for them. None runs yet. */
export function requestCalls(step: Step, calls: RequestedCall[], reply: number): void {
  for (const request of calls) {
    const { call_id, tool: name, input, report } = request;
    const requested = log(
      step,
      'call.requested',
      { call_id, tool: name, input, ...(report && { report }) },
      { actor: agent(step), cause: [reply] },
    );
    const facts = { id: call_id, tool: name, requested, requested_at: step.at };
    step.state.calls.push({ ...facts, status: 'requested', request });
  }
}

/** R3: they were decided on stale input and never run. */
export function dropCalls(step: Step, why: string, cause: number[]): void {
  for (const call of requestedCalls(step)) {
    log(
      step,
      'call.dropped',
      { call_id: call.id, why },
      { actor: SYSTEM, cause: [call.requested, ...cause] },
    );
    retire(step, call, 'dropped');
  }
}

/**
 * Lets them run, in the model's order, as far as there is room (R9).
 * @returns their ids
 */
export function releaseCalls(step: Step): string[] {
  const released = requestedCalls(step);
  for (const call of released) {
    const { problem } = call.request;
    if (problem) endCall(step, call, { type: 'failed', error: problem });
    else if (call.tool === CANCEL_TOOL) carryOutCancel(step, call);
    else enqueue(step, call);
  }
  return released.map(({ id }) => id);
}

/** One asynchronous result of a running call. Repeats, and what comes after the end, change nothing (R8). */
export function hearEvent(step: Step, signal: CallEventSignal): void {
  const call = step.state.calls.find(({ id }) => id === signal.call_id);
  if (call?.status !== 'running' || signal.n <= call.n) return;
  const { call_id, n, event, percent, note, data, schedule } = signal;
  const seq = log(
    step,
    'call.event',
    {
      call_id,
      n,
      event,
      ...(percent !== undefined && { percent }),
      ...(note !== undefined && { note }),
      ...(data !== undefined && { data }),
      schedule,
    },
    { actor: tool(call.tool), cause: [call.requested] },
  );
  call.n = n;
  if (event === 'progress') {
    call.percent = percent;
    call.note = note;
  }
  const label = `${event === 'progress' ? `${percent} %` : `result ${n}`} of ${call_id}`;
  step.state.news.push({ seq, call_id, rank: event, schedule, at: step.at, label });
}

/** The call's workflow says that it is over. */
export function hearEnd(step: Step, callId: string, end: CallEnd): void {
  const call = step.state.calls.find(({ id }) => id === callId);
  if (call) endCall(step, call, end);
}

/** Cancels an open call: it never speaks again, whatever its program still does. */
export function cancelCall(step: Step, call: Call, actor: Actor, by: string, cause: number[] = []) {
  log(
    step,
    'call.cancelled',
    { call_id: call.id, by },
    { actor, cause: [call.requested, ...cause] },
  );
  if (call.status === 'running') step.effects.push({ type: 'cancel_call', call_id: call.id });
  supersedeNews(step, call.id);
  retire(step, call, 'cancelled');
}

function endCall(step: Step, call: Call, end: CallEnd): void {
  const context = { actor: tool(call.tool), cause: [call.requested] };
  const seq =
    end.type === 'completed'
      ? log(step, 'call.completed', { call_id: call.id, result: end.result }, context)
      : end.type === 'failed'
        ? log(step, 'call.failed', { call_id: call.id, error: end.error }, context)
        : log(step, 'call.cancelled', { call_id: call.id, by: 'operator' }, context);
  retire(step, call, end.type);
  const news = { seq, call_id: call.id, at: step.at, label: `${call.id} ${end.type}` } as const;
  step.state.news.push({ ...news, rank: 'end', schedule: 'when_idle' } satisfies News);
}

/** `cancel_call` is carried out here and now. Where it succeeds there is nothing to tell: the model has said it. */
function carryOutCancel(step: Step, call: Call & { status: 'requested' }): void {
  const { call_id: target } = call.request.input as { call_id: string };
  const victim = step.state.calls.find(({ id }) => id === target && id !== call.id);
  if (!victim) {
    const message = `There is no open call ${target}.`;
    endCall(step, call, { type: 'failed', error: { type: 'NoSuchCall', message } });
    return;
  }
  cancelCall(step, victim, agent(step), 'agent', [call.requested]);
  const result = { cancelled: target };
  log(
    step,
    'call.completed',
    { call_id: call.id, result },
    { actor: SYSTEM, cause: [call.requested] },
  );
  retire(step, call, 'completed');
}

function enqueue(step: Step, call: Call & { status: 'requested' }): void {
  const { state } = step;
  const queued: Call = { ...call, status: 'queued', queued_at: step.at };
  state.calls = state.calls.map((other) => (other.id === call.id ? queued : other));
  fillSlots(step);
  const position = state.calls
    .filter(({ status }) => status === 'queued')
    .findIndex(({ id }) => id === call.id);
  if (position === -1) return;
  log(
    step,
    'call.queued',
    { call_id: call.id, position: position + 1 },
    { actor: SYSTEM, cause: [call.requested] },
  );
}

/** R9: the next in the queue start where there is room. */
function fillSlots(step: Step): void {
  const { calls, limits } = step.state;
  const free = limits.max_running - calls.filter(({ status }) => status === 'running').length;
  const next = calls.filter((call) => call.status === 'queued').slice(0, Math.max(0, free));
  for (const { request, queued_at: _, ...facts } of next) {
    const running: Call = { ...facts, status: 'running', started_at: step.at, n: 0 };
    step.state.calls = step.state.calls.map((other) => (other.id === facts.id ? running : other));
    log(step, 'call.started', { call_id: facts.id }, { actor: SYSTEM, cause: [facts.requested] });
    const { problem: __, ...call } = request;
    step.effects.push({ type: 'start_call', call });
  }
}

function retire(step: Step, call: Call, status: 'completed' | 'failed' | 'cancelled' | 'dropped') {
  const { state } = step;
  const ended_at = new Date(step.at).toISOString();
  const { position: _, ...facts } = callHead(call, state);
  state.calls = state.calls.filter(({ id }) => id !== call.id);
  state.ended = [...state.ended, { ...facts, status, ended_at }].slice(-ENDED_CALLS);
  fillSlots(step);
}

const requestedCalls = (step: Step) =>
  step.state.calls.filter((call) => call.status === 'requested');

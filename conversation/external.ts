/**
 * A conversation whose model is elsewhere, in a harness that has a loop of its own. The harness requests calls, which run by the same
 * rules as any other (R7–R10), and gets their results when it asks. The service never replies here, so the rules about turns do not
 * apply.
 */
import type { RequestedCall } from '../contract/call.ts';
import type {
  AcknowledgeSignal,
  DeliverSignal,
  RecordCallsSignal,
  RequestCallSignal,
} from '../contract/signals.ts';
import { endRequested, requestCalls, startRequested } from './calls.ts';
import { findKnownCall } from './known-call.ts';
import { writeReceipt } from './news.ts';
import { releaseCalls } from './release.ts';
import { runOf } from './run-of.ts';
import { hearDropped } from './signals.ts';
import { REQUESTED_CALLS, type State } from './state.ts';
import type { Step } from './step.ts';

/**
 * A call is released at once: no message can make it stale (R3). A call that has begun already starts even if that exceeds
 * `max_running` (R9). A repeat changes nothing (R8).
 */
export function hearRequest(step: Step, { call, begun }: RequestCallSignal): void {
  const { state } = step;
  if (!state.external) return drop(step, 'request_call');
  if (isKnown(state, call.call_id)) return;
  const isClosing = state.turn.phase === 'closing';
  if (!isClosing) requestOnce(step, call);
  if (begun) return startOrStop(step, call);
  if (!isClosing) releaseCalls(step);
}

/** It is stopped if it was cancelled before its request came, or came too late. */
function startOrStop(step: Step, call: RequestedCall): void {
  if (!startRequested(step, call.call_id))
    step.effects.push({ kind: 'stop_begun', call: runOf(call) });
}

/** A result that was delivered to the client is not queued as news. */
export function hearRecorded(step: Step, { calls }: RecordCallsSignal): void {
  const { state } = step;
  if (!state.external) return drop(step, 'record_calls');
  for (const { call, end, delivered } of calls) {
    if (isKnown(state, call.call_id)) continue;
    requestOnce(step, call);
    const ended = endRequested(step, call.call_id, end);
    if (ended === undefined || !delivered) continue;
    state.news = state.news.filter(({ seq }) => seq !== ended);
    writeReceipt(step, [ended], 'delivered');
  }
}

const isKnown = (state: State, callId: string) =>
  state.requested?.includes(callId) || findKnownCall(state, callId) !== undefined;

function requestOnce(step: Step, call: RequestedCall): void {
  const { state } = step;
  if (state.requested) state.requested = [...state.requested, call.call_id].slice(-REQUESTED_CALLS);
  requestCalls(step, [call], []);
}

/** News that was shown in a thread stays until it is acknowledged: if the harness loses that part of the thread, it is shown again. */
export function hearDelivery(step: Step, { of, anchor }: DeliverSignal): void {
  const { state } = step;
  if (!state.external) return drop(step, 'deliver');
  const shown = state.news.filter(
    ({ seq, delivered }) => of.includes(seq) && (anchor === undefined || delivered !== anchor),
  );
  if (shown.length === 0) return;
  const seqs = shown.map(({ seq }) => seq);
  if (anchor === undefined) state.news = state.news.filter((news) => !shown.includes(news));
  else for (const news of shown) news.delivered = anchor;
  writeReceipt(step, seqs, 'delivered', anchor === undefined ? {} : { anchor });
}

/** News that the client has acknowledged is no longer news. */
export function hearAcknowledgement(step: Step, { to }: AcknowledgeSignal): void {
  const { state } = step;
  if (!state.external) return drop(step, 'acknowledge');
  const told = state.news.filter(({ seq }) => seq <= to).map(({ seq }) => seq);
  if (told.length === 0) return;
  state.news = state.news.filter(({ seq }) => seq > to);
  writeReceipt(step, told, 'acknowledged');
}

const drop = (step: Step, signal: string) =>
  hearDropped(step, {
    signal,
    why: 'Only the client of a conversation without a model may send this.',
  });

/**
 * A conversation whose model is elsewhere, in a harness that has a loop of its own. The harness requests calls, which run by the same
 * rules as any (R7–R10), and it is told of their results when it asks. No rule makes the service speak: turns, and the rules about
 * them, do not exist here.
 */
import type { AcknowledgeSignal, RequestCallSignal } from '../contract/signals.ts';
import { requestCalls } from './calls.ts';
import { writeReceipt } from './news.ts';
import { releaseCalls } from './release.ts';
import { hearDropped } from './signals.ts';
import type { Step } from './step.ts';

/** A call is released at once: no message can make it stale (R3). A repeat changes nothing (R8). */
export function hearRequest(step: Step, { call }: RequestCallSignal): void {
  const { state } = step;
  if (!state.external) return drop(step, 'request_call');
  const isKnown = [...state.calls, ...state.ended].some(({ id }) => id === call.call_id);
  if (isKnown || state.turn.phase === 'closing') return;
  requestCalls(step, [call], []);
  releaseCalls(step);
}

/** What the client has is no news any more. */
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

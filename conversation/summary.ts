/** The window of the log that the model reads: past its budget of tokens the older part of it becomes a summary. */
import type { Failure } from '../contract/entry.ts';
import type { SummaryResult } from '../contract/turn.ts';
import type { Context, Reply, State } from './state.ts';
import { agent, log, SYSTEM, type Step } from './step.ts';

/** The last turns that the model reads in full. */
export const KEPT_TURNS = 6;
/** … and where the window has come to twice its budget. */
export const KEPT_TURNS_AT_LEAST = 2;

/** First entry of the window. */
export const windowFrom = ({ context }: State): number => (context?.summary?.to ?? 0) + 1;

/**
 * A turn begins with what it answers and tells, though some of that may have waited since before the last one. A reply that
 * answers again what was cut off goes on with the turn of that.
 */
export function noteTurn({ state }: Step, started: number, answers: number[], tells: number[]) {
  const { context } = state;
  if (!context) return;
  const last = context.turns.at(-1) ?? 0;
  if (answers.some((seq) => seq <= last)) return;
  const begins = Math.min(started, ...answers, ...tells.filter((seq) => seq > last));
  context.turns = [...context.turns, begins].slice(-KEPT_TURNS);
}

/** A reply is over, whose window had so many tokens: where that is too many, a summary is asked for. */
export function minWindow(step: Step, reply: Reply, tokens: number | undefined, cause: number) {
  const { context, limits } = step.state;
  // What was counted before the last summary says nothing about the window of now.
  if (!context || tokens === undefined || (reply.from ?? 1) !== windowFrom(step.state)) return;
  context.tokens = tokens;
  const budget = limits.context_tokens ?? Infinity;
  if (tokens <= askAbove(context, budget)) return;
  ask(step, tokens > 2 * budget ? KEPT_TURNS_AT_LEAST : KEPT_TURNS, cause);
}

/** The provider refused the window as too long for its model, whatever our budget says. */
export function cutWindow(step: Step, cause: number): void {
  ask(step, KEPT_TURNS_AT_LEAST, cause);
}

/** The window begins after it from now on. */
export function hearSummary(step: Step, to: number, { text, usage }: SummaryResult): void {
  const { state } = step;
  const { context } = state;
  if (!context || context.underWay?.to !== to) return;
  const { from, cause } = context.underWay;
  const seq = log(step, 'summary', { text, from, to, usage }, { actor: agent(step), cause });
  state.usage.input_tokens += usage.input_tokens;
  state.usage.output_tokens += usage.output_tokens;
  context.summary = { seq, to };
  delete context.underWay;
  delete context.ask_above;
  delete context.tokens;
}

/** Every attempt failed. It is asked for again when the window has grown by a good part of its budget. */
export function failSummary(step: Step, to: number, error: Failure): void {
  const { context, limits } = step.state;
  if (!context || context.underWay?.to !== to) return;
  const { from, cause } = context.underWay;
  log(step, 'summary.failed', { from, to, error }, { actor: SYSTEM, cause });
  delete context.underWay;
  const budget = limits.context_tokens ?? Infinity;
  context.ask_above = Math.max(budget, context.tokens ?? 0) + growth(budget);
}

/** The conversation closes: nobody will read it. */
export function stopSummary(step: Step): void {
  const { context } = step.state;
  if (!context?.underWay) return;
  delete context.underWay;
  step.effects.push({ type: 'stop_summary' });
}

/** At most one is under way, and it covers nothing that still waits to be answered or told. */
function ask({ state, effects }: Step, kept: number, cause: number): void {
  const { context } = state;
  if (!context || context.underWay) return;
  const waits = Math.min(
    ...[...state.unanswered, ...state.news, ...(state.held ?? [])].map(({ seq }) => seq),
  );
  const begins = context.turns
    .slice(0, Math.max(0, context.turns.length - kept + 1))
    .findLast((seq) => seq <= waits);
  const from = windowFrom(state);
  if (begins === undefined || begins <= from) return;
  const { summary } = context;
  const range = { from, to: begins - 1, ...(summary && { previous: summary.seq }) };
  context.underWay = { ...range, cause: summary ? [summary.seq, cause] : [cause] };
  effects.push({ type: 'summarise', range });
}

/** Where the turns that stay in full are large, a new summary leaves a window that is full at once: then it may grow first. */
function askAbove(context: Context, budget: number): number {
  const tokens = context.tokens ?? 0;
  if (context.summary) context.ask_above ??= Math.max(budget, tokens + growth(budget));
  return context.ask_above ?? budget;
}

const growth = (budget: number) => Math.ceil(budget / 4);

/** The window of the log that the model reads: past its budget of tokens the older part of it becomes a summary. */
import type { Failure } from '../contract/entry.ts';
import { addUsage } from '../contract/usage.ts';
import type { ReplyRequest, ReplyResult, SummaryResult, WindowSizes } from '../contract/turn.ts';
import { type Context, type Reply, type State, unansweredIn } from './state.ts';
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

/** What is to be known of the window of a reply that is about to begin, and how long it may be. */
export function windowRequest(
  state: State,
): Pick<ReplyRequest, 'count_tokens' | 'most_tokens' | 'turns'> {
  const { context } = state;
  if (!context) return {};
  const budget = budgetOf(state);
  return {
    count_tokens: true,
    turns: context.turns,
    ...(budget !== Infinity && { most_tokens: budget }),
  };
}

/**
 * A reply is over, whose window had so many tokens: where that comes near the budget, a summary is asked for. It is made while the talk goes
 * on, so that no reply has to wait for room.
 */
export function minWindow(step: Step, reply: Reply, result: ReplyResult, cause: number) {
  const { state } = step;
  const { context } = state;
  const { tokens, sizes } = result;
  if (context) delete context.refusals;
  // What was counted before the last summary says nothing about the window of now.
  if (!context || tokens === undefined || (reply.from ?? 1) !== windowFrom(state)) return;
  context.tokens = tokens;
  const budget = budgetOf(state);
  // Results from before sizes were counted are judged as they were then: what was decided on them stands.
  const soft = sizes ? Math.floor((3 * budget) / 4) : budget;
  if (tokens <= askAbove(context, soft, budget)) return;
  // A turn that is not over goes on from what it began with.
  const least = state.turn.phase === 'idle' ? 0 : 1;
  if (sizes) ask(step, Math.max(least, turnsThatFit(sizes, budget)), cause);
  else ask(step, tokens > 2 * budget ? KEPT_TURNS_AT_LEAST : KEPT_TURNS, cause);
}

/** The window was too long: everything that is not needed for this turn may go, but no more than has to. */
export function makeRoom(step: Step, sizes: WindowSizes, cause: number): void {
  const most = turnsThatFit(sizes, budgetOf(step.state));
  for (let kept = Math.max(1, most); kept >= 1; kept -= 1) {
    if (ask(step, kept, cause)) return;
  }
}

/** Whether a summary is being made, or can be, that leaves no more than this turn. */
export const canMakeRoom = (state: State) =>
  state.context?.underWay !== undefined || cutBefore(state, 1) !== undefined;

/** What the model may be sent: our budget, or what its provider takes where that is less. */
const budgetOf = ({ context, limits }: State) =>
  Math.min(limits.context_tokens ?? Infinity, context?.most ?? Infinity);

/** As many of the last turns as take half of the room that there is beside what is always sent. */
function turnsThatFit({ fixed, turns }: WindowSizes, budget: number): number {
  const room = (budget - fixed) / 2;
  return turns.filter((tokens) => tokens <= room).length;
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
  state.usage = addUsage(state.usage, usage);
  context.summary = { seq, to };
  delete context.underWay;
  delete context.ask_above;
  delete context.tokens;
}

/** Every attempt failed. It is asked for again when the window has grown by a good part of its budget. */
export function failSummary(step: Step, to: number, error: Failure): void {
  const { context } = step.state;
  if (!context || context.underWay?.to !== to) return;
  const { from, cause } = context.underWay;
  log(step, 'summary.failed', { from, to, error }, { actor: SYSTEM, cause });
  delete context.underWay;
  const budget = budgetOf(step.state);
  context.ask_above = Math.max(budget, context.tokens ?? 0) + growth(budget);
}

/** The conversation closes: nobody will read it. */
export function stopSummary(step: Step): void {
  const { context } = step.state;
  if (!context?.underWay) return;
  delete context.underWay;
  step.effects.push({ type: 'stop_summary' });
}

/**
 * At most one is under way, and it covers nothing that still waits to be answered or told.
 * @returns whether one is asked for
 */
function ask({ state, effects }: Step, kept: number, cause: number): boolean {
  const { context } = state;
  if (!context || context.underWay) return false;
  const begins = cutBefore(state, kept);
  if (begins === undefined) return false;
  const { summary, most } = context;
  const range = {
    from: windowFrom(state),
    to: begins - 1,
    ...(summary && { previous: summary.seq }),
    // The prompt and the summary before it take their part.
    ...(most !== undefined && { most_tokens: Math.floor(most / 2) }),
  };
  context.underWay = { ...range, cause: summary ? [summary.seq, cause] : [cause] };
  effects.push({ type: 'summarise', range });
  return true;
}

/** Where the window may begin that has the last few turns in full. Undefined: it would not begin later than now. */
function cutBefore(state: State, kept: number): number | undefined {
  const { turns } = state.context!;
  const waits = Math.min(
    ...[...unansweredIn(state), ...state.news, ...(state.held ?? [])].map(({ seq }) => seq),
  );
  const begins =
    kept === 0 && waits === Infinity
      ? state.seq + 1
      : turns.slice(0, Math.max(0, turns.length - kept + 1)).findLast((seq) => seq <= waits);
  return begins !== undefined && begins > windowFrom(state) ? begins : undefined;
}

/** Where the turns that stay in full are large, a new summary leaves a window that is full at once: then it may grow first. */
function askAbove(context: Context, soft: number, budget: number): number {
  const tokens = context.tokens ?? 0;
  if (context.summary) context.ask_above ??= Math.max(soft, tokens + growth(budget));
  return context.ask_above ?? soft;
}

const growth = (budget: number) => Math.ceil(budget / 4);

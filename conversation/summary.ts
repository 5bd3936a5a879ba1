/** The window of the log that the model reads: when it exceeds its token budget, its older part is replaced by a summary. */
import type { Failure } from '../contract/entry.ts';
import { addUsage } from '../contract/usage.ts';
import type { ReplyRequest, ReplyResult, SummaryResult, WindowSizes } from '../contract/reply.ts';
import { type Context, type Reply, type State, unansweredIn } from './state.ts';
import { agent, addEntry, SYSTEM, type Step } from './step.ts';

/** Number of last turns that the model reads in full. */
export const KEPT_TURNS = 6;
/** The same, when the window has reached twice its budget. */
export const KEPT_TURNS_AT_LEAST = 2;

/** First entry of the window. */
export const windowFrom = ({ context }: State): number => (context?.summary?.to ?? 0) + 1;

/**
 * A turn begins with what it answers and tells, though some of that may have waited since before the last turn. A reply
 * that answers a message of an interrupted reply again belongs to the same turn.
 */
export function noteTurn({ state }: Step, started: number, answers: number[], tells: number[]) {
  const { context } = state;
  if (!context) return;
  const last = context.turns.at(-1) ?? 0;
  if (answers.some((seq) => seq <= last)) return;
  const begins = Math.min(started, ...answers, ...tells.filter((seq) => seq > last));
  context.turns = [...context.turns, begins].slice(-KEPT_TURNS);
}

/** The part of a reply's request that says what to count in its window, and how long the window may be. */
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
 * After a reply: requests a summary if its window came near the budget. The summary is made while the conversation goes
 * on, so that no reply has to wait for room.
 */
export function requestSummaryIfOverBudget(
  step: Step,
  reply: Reply,
  result: ReplyResult,
  cause: number,
) {
  const { state } = step;
  const { context } = state;
  const { tokens, sizes } = result;
  if (context) delete context.refusals;
  // A count from before the last summary does not apply to the current window.
  if (!context || tokens === undefined || (reply.from ?? 1) !== windowFrom(state)) return;
  context.tokens = tokens;
  const budget = budgetOf(state);
  // A result without sizes, from an earlier version, is judged by the earlier rule, so that decisions made on it stand.
  const soft = sizes ? Math.floor((3 * budget) / 4) : budget;
  if (tokens <= askAbove(context, soft, budget)) return;
  // A turn that is not over needs what it began with.
  const least = state.turn.phase === 'idle' ? 0 : 1;
  if (sizes) requestSummary(step, Math.max(least, turnsThatFit(sizes, budget)), cause);
  else requestSummary(step, tokens > 2 * budget ? KEPT_TURNS_AT_LEAST : KEPT_TURNS, cause);
}

/** The window was too long: everything that this turn does not need may go, but no more than necessary. */
export function makeRoom(step: Step, sizes: WindowSizes, cause: number): void {
  const most = turnsThatFit(sizes, budgetOf(step.state));
  for (let kept = Math.max(1, most); kept >= 1; kept -= 1) {
    if (requestSummary(step, kept, cause)) return;
  }
}

/** True if a summary that leaves no more than this turn is being made, or can be made. */
export const canMakeRoom = (state: State) =>
  state.context?.underWay !== undefined || cutBefore(state, 1) !== undefined;

/** The most tokens that the model may be sent: our budget, or the provider's limit if that is lower. */
const budgetOf = ({ context, limits }: State) =>
  Math.min(limits.context_tokens ?? Infinity, context?.most ?? Infinity);

/** How many of the last turns fit into half of the room that is left by what is always sent. */
function turnsThatFit({ fixed, turns }: WindowSizes, budget: number): number {
  const room = (budget - fixed) / 2;
  return turns.filter((tokens) => tokens <= room).length;
}

/** The provider refused the window as too long for its model, whatever our budget says. */
export function cutWindow(step: Step, cause: number): void {
  requestSummary(step, KEPT_TURNS_AT_LEAST, cause);
}

/** A summary has been made: the window begins after it from now on. */
export function hearSummary(step: Step, to: number, { text, usage }: SummaryResult): void {
  const { state } = step;
  const { context } = state;
  if (!context || context.underWay?.to !== to) return;
  const { from, cause } = context.underWay;
  const seq = addEntry(step, 'summary', { text, from, to, usage }, { actor: agent(step), cause });
  state.usage = addUsage(state.usage, usage);
  context.summary = { seq, to };
  delete context.underWay;
  delete context.ask_above;
  delete context.tokens;
}

/** Every attempt failed. The summary is requested again when the window has grown by a quarter of its budget. */
export function failSummary(step: Step, to: number, error: Failure): void {
  const { context } = step.state;
  if (!context || context.underWay?.to !== to) return;
  const { from, cause } = context.underWay;
  addEntry(step, 'summary.failed', { from, to, error }, { actor: SYSTEM, cause });
  delete context.underWay;
  const budget = budgetOf(step.state);
  context.ask_above = Math.max(budget, context.tokens ?? 0) + growth(budget);
}

/** The conversation closes: the summary would never be read. */
export function stopSummary(step: Step): void {
  const { context } = step.state;
  if (!context?.underWay) return;
  delete context.underWay;
  step.effects.push({ kind: 'stop_summary' });
}

/**
 * Requests a summary. At most one is under way, and it covers nothing that still waits to be answered or told.
 * @returns whether a summary was requested
 */
function requestSummary({ state, effects }: Step, kept: number, cause: number): boolean {
  const { context } = state;
  if (!context || context.underWay) return false;
  const begins = cutBefore(state, kept);
  if (begins === undefined) return false;
  const { summary, most } = context;
  const range = {
    from: windowFrom(state),
    to: begins - 1,
    ...(summary && { previous: summary.seq }),
    // The prompt and the previous summary need room too.
    ...(most !== undefined && { most_tokens: Math.floor(most / 2) }),
  };
  context.underWay = { ...range, cause: summary ? [summary.seq, cause] : [cause] };
  effects.push({ kind: 'summarise', range });
  return true;
}

/** The seq at which a window with the last `kept` turns in full may begin. Undefined if it is no later than the current one. */
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

/** When the turns kept in full are large, a new summary leaves a window that is full at once: the window may then grow first. */
function askAbove(context: Context, soft: number, budget: number): number {
  const tokens = context.tokens ?? 0;
  if (context.summary) context.ask_above ??= Math.max(soft, tokens + growth(budget));
  return context.ask_above ?? soft;
}

const growth = (budget: number) => Math.ceil(budget / 4);

/**
 * R12: the agent's own initiative is limited. A turn is unsolicited if it begins because of news, or begins again because
 * news cut in. News that is held back is not lost: it is told later, or with the answer to the user's next message.
 */
import type { ReachedLimit } from '../contract/limits.ts';
import type { Initiative, News, State } from './state.ts';
import { addEntry, SYSTEM, type Step } from './step.ts';

/**
 * Whether a turn may begin now because of this news. If not, the log says so, once for each period in which news is held
 * back.
 */
export function mayBegin(step: Step, news: News[]): boolean {
  const { state } = step;
  if (isFree(step)) return true;
  if (state.hushed) return false;
  const causes = news.map(({ seq }) => seq);
  const spent = spentLimit(state);
  if (spent) {
    hush(step, spent, causes);
    return false;
  }
  const initiative = initiativeOf(state);
  if (!initiative.holding) {
    const value = state.limits.unsolicited_per_minute!;
    reach(step, { limit: 'unsolicited_per_minute', value }, causes);
    state.initiative = { ...initiative, holding: true };
  }
  return false;
}

/** Whether a turn may begin now because of news. */
export const isFree = ({ state, at }: Step) =>
  !state.hushed && spentLimit(state) === undefined && at >= freeAt(state);

/** Counts a turn that begins. A turn that is cut off counts as well: it began, and was heard. */
export function countTurn({ state, at }: Step): void {
  const { began, in_a_row } = initiativeOf(state);
  const most = state.limits.unsolicited_per_minute;
  state.initiative = {
    began: most === undefined ? [] : [...began, at].slice(-most),
    in_a_row: in_a_row + 1,
    holding: false,
  };
}

/** The user has written: the agent may take unsolicited turns again. */
export function freeByMessage({ state }: Step): void {
  state.hushed = false;
  if (state.initiative) state.initiative.in_a_row = 0;
}

/** All the news is being told, or none is left that would be told: the next time news is held back, the log says so again. */
export function holdNothing({ state }: Step): void {
  if (state.initiative) state.initiative.holding = false;
}

/** Makes the agent quiet until the user writes. */
export function hush(step: Step, reached: ReachedLimit, cause: number[]): void {
  reach(step, reached, cause);
  step.state.hushed = true;
}

/** When the per-minute limit stops holding news back. Undefined when it holds none. */
export function heldUntil(state: State): number | undefined {
  return state.initiative?.holding ? freeAt(state) : undefined;
}

/** When the next unsolicited turn may begin: when the oldest of the counted ones is a minute old. */
const freeAt = (state: State) =>
  mayBeginAt(initiativeOf(state).began, state.limits.unsolicited_per_minute);

/**
 * When the next turn may begin if `most` may begin within a minute.
 * @param began when the last turns began, oldest first
 * @returns 0 if it may begin at any time
 */
export function mayBeginAt(began: number[], most: number | undefined): number {
  return most === undefined || began.length < most ? 0 : began.at(-most)! + MINUTE_MS;
}

const MINUTE_MS = 60_000;

/** The limit, if any, that only a message from the user lifts. */
function spentLimit(state: State): ReachedLimit | undefined {
  const { unsolicited_in_a_row: most = Infinity, max_tokens = Infinity } = state.limits;
  const { input_tokens, output_tokens } = state.usage;
  if (initiativeOf(state).in_a_row >= most) return { limit: 'unsolicited_in_a_row', value: most };
  if (input_tokens + output_tokens >= max_tokens) return { limit: 'max_tokens', value: max_tokens };
  return undefined;
}

function reach(step: Step, { limit, value }: ReachedLimit, cause: number[]): void {
  addEntry(step, 'limit.reached', { limit, value }, { actor: SYSTEM, cause });
}

const initiativeOf = ({ initiative }: State): Initiative =>
  initiative ?? { began: [], in_a_row: 0, holding: false };

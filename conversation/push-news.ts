/**
 * Pushes news into a harness that has not asked. News is batched (R6) and pushed once, by its schedule (R5). In a minute, as many
 * pushes may begin as unsolicited turns of an agent (R12). There is one push at a time, so that results arrive in order.
 */
import { hearDelivery } from './external.ts';
import { mayBeginAt } from './initiative.ts';
import { isAudible, quietAt } from './news.ts';
import type { News, State } from './state.ts';
import type { Step } from './step.ts';

/** The anchor in the receipt of a push, which has no item of the thread. */
export const PUSHED = 'pushed';

/** When the waiting news is due. Undefined when none is, or while a push is under way. */
export function pushDueAt(state: State): number | undefined {
  const { pushing, turn } = state;
  if (!pushing || pushing.under_way_from !== undefined || turn.phase === 'closing') {
    return undefined;
  }
  const news = unpushed(state);
  if (news.length === 0) return undefined;
  return Math.max(quietAt(news, state.limits), mayBeginAt(pushing.began, mostOf(state)));
}

/** @returns false: nothing follows from a push before it is over */
export function pushNews(step: Step): false {
  const { state } = step;
  const due = pushDueAt(state);
  if (due === undefined || due > step.at) return false;
  const news = unpushed(state);
  const { up_to, began } = state.pushing!;
  const isTurn = news.some(isAudible);
  state.pushing = {
    up_to: Math.max(...news.map(({ seq }) => seq)),
    under_way_from: up_to,
    began: isTurn ? [...began, step.at].slice(-(mostOf(state) ?? 1)) : began,
  };
  const pushed = news.map(({ seq, schedule }) => ({ seq, schedule }));
  step.effects.push({ kind: 'push_news', news: pushed });
  return false;
}

/** News that the harness has not taken waits for its next turn, or until it asks. */
export function hearPushed(step: Step, { delivered }: { delivered: number[] }): void {
  const { pushing } = step.state;
  if (!pushing) return;
  delete pushing.under_way_from;
  if (delivered.length > 0) hearDelivery(step, { of: delivered, anchor: PUSHED });
}

/** The state for the next run. A push that was under way ended with its run, so its news is pushed again. */
export function withoutPush(state: State): State {
  const { pushing } = state;
  if (pushing?.under_way_from === undefined) return state;
  const { under_way_from: up_to, began } = pushing;
  return { ...state, pushing: { up_to, began } };
}

const unpushed = ({ news, pushing }: State): News[] =>
  news.filter(({ seq, delivered }) => seq > pushing!.up_to && delivered === undefined);

const mostOf = ({ limits }: State) => limits.unsolicited_per_minute;

/**
 * Managed calls: the service suspends their flow (R8). Their news is held back until the results are in, and is then told
 * at once. The state of a conversation never holds back news of a call that is over.
 */
import type { RequestedCall, Suspended } from '../contract/call.ts';
import type { Call, News, State } from './state.ts';
import type { Step } from './step.ts';

/** Undefined when the model awaits the call's results itself. */
export function flowOf(call: Call): Suspended | undefined {
  if (call.status === 'running') return call.flow;
  const { awaits, results }: RequestedCall = call.request;
  return awaits && newFlow(results);
}

export const newFlow = (of: number | undefined): Suspended => ({
  results: 0,
  ...(of !== undefined && { of }),
});

/** True when all awaited results are in, though the call may still run. */
export const isComplete = (flow: Suspended | undefined) =>
  flow?.of !== undefined && flow.results >= flow.of;

/** Holds news back, whatever its schedule. The last awaited result releases all of it. */
export function holdNews({ state, at }: Step, flow: Suspended, news: News): void {
  state.held = [...(state.held ?? []), news];
  if (news.rank !== 'result') return;
  flow.results += 1;
  if (flow.results === flow.of) releaseNews({ state, at }, news.call_id, 'when_idle');
}

/**
 * Makes the news held back for a call wait to be told, as if it had just arrived.
 * @param schedule replaces the schedule of each item, except that `interrupt` stays unless this is `silent`
 */
export function releaseNews(
  { state, at }: Pick<Step, 'state' | 'at'>,
  callId: string,
  schedule: 'when_idle' | 'silent',
): void {
  const mine = (news: News) => news.call_id === callId;
  const { held = [] } = state;
  for (const news of held.filter(mine)) {
    const cutsIn = news.schedule === 'interrupt' && schedule !== 'silent';
    state.news.push({ ...news, at, schedule: cutsIn ? 'interrupt' : schedule });
  }
  const rest = held.filter((news) => !mine(news));
  if (rest.length > 0) state.held = rest;
  else delete state.held;
}

/** R11: true when the turn has nothing to continue with, not even for a model that has said nothing yet. */
export function areSuspended({ calls }: State, ids: string[]): boolean {
  const flows = ids.map((id) => calls.find((call) => call.id === id)).map((c) => c && flowOf(c));
  return flows.length > 0 && flows.every((flow) => flow && !isComplete(flow));
}

/**
 * Managed calls: the service suspends their flow (R8). What they bring is held back until their results are in, and then told
 * at once. The state of a conversation never holds back what belongs to a call that is over.
 */
import type { RequestedCall, Suspended } from '../contract/turn.ts';
import type { Call, News, State } from './state.ts';
import type { Step } from './step.ts';

/** Undefined: the model awaits the call's results itself. */
export function flowOf(call: Call): Suspended | undefined {
  if (call.status === 'running') return call.flow;
  const { awaits, results }: RequestedCall = call.request;
  return awaits && newFlow(results);
}

export const newFlow = (of: number | undefined): Suspended => ({
  results: 0,
  ...(of !== undefined && { of }),
});

/** The results that it waits for are in, though its call may still run. */
export const isComplete = (flow: Suspended | undefined) =>
  flow?.of !== undefined && flow.results >= flow.of;

/** Whatever its schedule is, it has to wait; the last of the results that are awaited lets all go on. */
export function holdNews({ state, at }: Step, flow: Suspended, news: News): void {
  state.held = [...(state.held ?? []), news];
  if (news.rank !== 'result') return;
  flow.results += 1;
  if (flow.results === flow.of) releaseNews({ state, at }, news.call_id, 'when_idle');
}

/**
 * What was held back of a call waits to be told, as news of this moment.
 * @param schedule of the whole, whatever that of its parts was. Only what was to cut in still does.
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

/** R11: there is nothing to go on with, not even for a model that has said nothing yet. */
export function areSuspended({ calls }: State, ids: string[]): boolean {
  const flows = ids.map((id) => calls.find((call) => call.id === id)).map((c) => c && flowOf(c));
  return flows.length > 0 && flows.every((flow) => flow && !isComplete(flow));
}

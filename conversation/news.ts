/** News: call events and ends that the model has not been told yet. Each one gets a receipt; none is lost. */
import type { EntryOf } from '../contract/entry.ts';
import type { Limits } from '../contract/limits.ts';
import { isMerged } from '../contract/merged.ts';
import { heldUntil } from './initiative.ts';
import { releaseNews } from './managed.ts';
import type { News, Reply, State } from './state.ts';
import { addEntry, SYSTEM, type Step } from './step.ts';

type Fate = EntryOf<'receipt'>['fate'];

/** R6: when waiting news is due to be told in a turn of its own. Undefined when none is (R5: `silent` waits for another cause). */
export function newsDueAt(state: State): number | undefined {
  const audible = state.hushed ? [] : state.news.filter(isAudible);
  if (audible.length === 0) return undefined;
  return Math.max(quietAt(audible, state.limits), heldUntil(state) ?? 0);
}

export function quietAt(audible: News[], { quiet_ms, quiet_max_ms }: Limits): number {
  if (audible.some(isUrgent)) return 0;
  const times = audible.map(({ at }) => at);
  return Math.min(Math.max(...times) + quiet_ms, Math.min(...times) + quiet_max_ms);
}

/** R5: whether the news makes the agent speak. */
export const isAudible = (news: News) => news.schedule !== 'silent';

/** R5: whether the news interrupts a reply in flight. */
export const isUrgent = (news: News) => news.schedule === 'interrupt';

/** R4: a person's decisions, then ends, then partial results, then progress; within a rank by arrival. */
export function byRank(news: News[]): News[] {
  const rank = { decision: 0, end: 1, result: 2, progress: 3 };
  return news.toSorted((a, b) => rank[a.rank] - rank[b.rank] || a.seq - b.seq);
}

/** Writes the receipts of the news that a finished reply told: the fate of each. */
export function writeReceipts(step: Step, reply: Reply, spoke: boolean): void {
  const fates = new Map<Fate, number[]>();
  for (const news of reply.tells) {
    const fate = isMerged(news, reply.tells) ? 'merged' : spoke ? 'spoken' : 'silent';
    fates.set(fate, [...(fates.get(fate) ?? []), news.seq]);
  }
  for (const [fate, of] of fates) writeReceipt(step, of, fate, { reply_id: reply.id });
}

/** A reply was cut off or failed before it told its news: the news waits again (R5), unless its call was cancelled meanwhile. */
export function untell(step: Step, reply: Reply, schedule?: 'silent'): void {
  const [superseded, waiting] = partition(reply.tells, (news) => news.superseded === true);
  if (superseded.length > 0) writeReceipt(step, superseded.map(seqOf), 'superseded');
  const again = waiting.map((news) => (schedule ? { ...news, schedule } : news));
  step.state.news = [...again, ...step.state.news];
}

/** Discards the news of a cancelled call: it will not be told. */
export function supersedeNews(step: Step, callId: string): void {
  const { state } = step;
  releaseNews(step, callId, 'silent');
  const [own, rest] = partition(state.news, ({ call_id }) => call_id === callId);
  const superseded = own.filter(isUndelivered);
  if (superseded.length > 0) writeReceipt(step, superseded.map(seqOf), 'superseded');
  state.news = rest;
  if (state.turn.phase !== 'replying') return;
  for (const news of state.turn.reply.tells) if (news.call_id === callId) news.superseded = true;
}

/** The conversation closes: the news that is left will never be told. */
export function failNews(step: Step): void {
  const untold = step.state.news.filter(isUndelivered);
  if (untold.length > 0) writeReceipt(step, untold.map(seqOf), 'failed');
  step.state.news = [];
}

export function writeReceipt(
  step: Step,
  of: number[],
  fate: Fate,
  where: Pick<EntryOf<'receipt'>, 'reply_id' | 'anchor'> = {},
): void {
  addEntry(step, 'receipt', { of, fate, ...where }, { actor: SYSTEM, cause: of });
}

const seqOf = ({ seq }: News) => seq;

const isUndelivered = ({ delivered }: News) => delivered === undefined;

function partition<T>(items: T[], matches: (item: T) => boolean): [T[], T[]] {
  return [items.filter(matches), items.filter((item) => !matches(item))];
}

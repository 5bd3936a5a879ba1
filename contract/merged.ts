/** R6: a model is told the latest state of a call, not each step towards it. */
import { isCallEnd } from './call-ends.ts';
import type { Entry } from './entry.ts';

/** A piece of news of a call. */
export interface CallNews {
  call_id: string;
  seq: number;
  rank: 'decision' | 'end' | 'result' | 'progress';
}

/** Whether news told together with this makes it superfluous. A partial result does not, since it does not say how far the call has come. */
export const isMerged = ({ call_id, seq, rank }: CallNews, told: readonly CallNews[]): boolean =>
  rank === 'progress' &&
  told.some((other) => other.call_id === call_id && other.seq > seq && other.rank !== 'result');

/** The entries that the model is told, of those that one reply takes. */
export function unmerged(entries: readonly Entry[]): Entry[] {
  const told = entries.flatMap((entry) => newsIn(entry) ?? []);
  return entries.filter((entry) => {
    const news = newsIn(entry);
    return !news || !isMerged(news, told);
  });
}

function newsIn(entry: Entry): CallNews | undefined {
  if (entry.kind === 'call.event') {
    return { call_id: entry.call_id, seq: entry.seq, rank: entry.event };
  }
  return isCallEnd(entry) ? { call_id: entry.call_id, seq: entry.seq, rank: 'end' } : undefined;
}

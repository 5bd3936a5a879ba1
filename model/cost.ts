/** What an answer cost all the same that failed: noted beside its error, whatever that is. */
import type { Usage } from '../contract/entry.ts';
import { addUsage } from '../contract/usage.ts';

const costs = new WeakMap<Error, Usage>();

/** The error, which has cost so much more than is noted of it. */
export function withCost(error: unknown, { ...cost }: Usage): unknown {
  if (error instanceof Error && cost.input_tokens + cost.output_tokens > 0) {
    const before = costs.get(error);
    costs.set(error, before ? addUsage(before, cost) : cost);
  }
  return error;
}

/** Undefined: nothing, as far as is known. */
export const costIn = (error: unknown): Usage | undefined =>
  error instanceof Error ? costs.get(error) : undefined;

/** The cost of an answer that failed, stored beside its error. */
import type { Usage } from '../contract/entry.ts';
import { addUsage } from '../contract/usage.ts';

const costs = new WeakMap<Error, Usage>();

/** Adds a cost to the one that is stored for the error, and returns the error. */
export function withCost(error: unknown, { ...cost }: Usage): unknown {
  if (error instanceof Error && cost.input_tokens + cost.output_tokens > 0) {
    const before = costs.get(error);
    costs.set(error, before ? addUsage(before, cost) : cost);
  }
  return error;
}

/** The cost that is stored for an error. Undefined if none is known. */
export const costIn = (error: unknown): Usage | undefined =>
  error instanceof Error ? costs.get(error) : undefined;

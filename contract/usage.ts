/** Adds up the tokens of replies. */
import type { Usage } from './entry.ts';

/** The sum is marked as an estimate if a part of it is one. */
export function addUsage(one: Usage, other: Usage): Usage {
  return {
    input_tokens: one.input_tokens + other.input_tokens,
    output_tokens: one.output_tokens + other.output_tokens,
    ...((one.estimated || other.estimated) && { estimated: true }),
  };
}

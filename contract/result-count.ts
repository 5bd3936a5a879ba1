/** R8: a tool gives as many results as it has declared, so that the model knows how many to wait for. */
import type { Failure } from './entry.ts';

export interface ResultRange {
  min: number;
  max: number | 'many';
}

/** The default for a tool that declares nothing. */
export const ONE_RESULT: ResultRange = { min: 1, max: 1 };

/** Fails as soon as there are too many results. Undefined when nothing is wrong so far. */
export function excess(tool: string, { max }: ResultRange, count: number): Failure | undefined {
  if (max === 'many' || count <= max) return undefined;
  return {
    type: 'TooManyResults',
    message: `${tool} gave more results than the ${max} it declares.`,
  };
}

/**
 * Checks the count at the end, including the returned value. An undefined value counts only if a result is missing: then the end
 * itself is that result.
 * @param given results before the end
 */
export function miscount(
  tool: string,
  results: ResultRange,
  given: number,
  last: unknown,
): Failure | undefined {
  const { min } = results;
  const count = last === undefined && given >= min ? given : given + 1;
  if (count >= min) return excess(tool, results, count);
  return {
    type: 'TooFewResults',
    message: `${tool} ended after ${count} of at least ${min} results.`,
  };
}

/** R8: a tool returns as many results as it has declared, so that the model knows what to wait for. */
import type { Failure } from './entry.ts';

export interface ResultRange {
  min: number;
  max: number | 'many';
}

/** Of a tool that says nothing. */
export const ONE_RESULT: ResultRange = { min: 1, max: 1 };

/** As soon as it is certain. Undefined: nothing is wrong so far. */
export function excess(tool: string, { max }: ResultRange, count: number): Failure | undefined {
  if (max === 'many' || count <= max) return undefined;
  return {
    type: 'TooManyResults',
    message: `${tool} gave more results than the ${max} it declares.`,
  };
}

/**
 * At the end, whose value counts too. One that is undefined counts only where a result is missing: then the end itself is it.
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

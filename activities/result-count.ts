/** R8: a tool returns as many results as it has declared, so that the model knows what to wait for. */
import type { Tool } from '../tools/define.ts';
import { CallFailed } from './call-failed.ts';

const ONE = { min: 1, max: 1 };

/** @throws CallFailed `TooManyResults` as soon as it is certain */
export function refuseExcess({ name, results: { max } = ONE }: Tool, count: number): void {
  if (max === 'many' || count <= max) return;
  throw new CallFailed('TooManyResults', `${name} gave more results than the ${max} it declares.`);
}

/**
 * Counts the returned value too. One that is undefined counts only where a result is missing: then the end itself is it.
 * @throws CallFailed `TooManyResults`, `TooFewResults`
 */
export function countResults(tool: Tool, yielded: number, returned: unknown): void {
  const { min } = tool.results ?? ONE;
  const count = returned === undefined && yielded >= min ? yielded : yielded + 1;
  refuseExcess(tool, count);
  if (count >= min) return;
  throw new CallFailed(
    'TooFewResults',
    `${tool.name} ended after ${count} of at least ${min} results.`,
  );
}

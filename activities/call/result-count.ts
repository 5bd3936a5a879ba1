import type { Failure } from '../../contract/entry.ts';
import { excess, miscount, ONE_RESULT } from '../../contract/result-count.ts';
import type { Tool } from '../../tools/define.ts';
import { CallFailed } from './call-failed.ts';

/**
 * Checks the number of results at each one, so that the call fails as soon as there are more than its tool declares.
 * @throws CallFailed `TooManyResults`
 */
export function refuseExcess({ name, results = ONE_RESULT }: Tool, count: number): void {
  failOn(excess(name, results, count));
}

/**
 * Checks the number of results at the end of a call.
 * @throws CallFailed `TooManyResults`, `TooFewResults`
 */
export function countResults(
  { name, results = ONE_RESULT }: Tool,
  yielded: number,
  returned: unknown,
): void {
  failOn(miscount(name, results, yielded, returned));
}

function failOn(failure: Failure | undefined): void {
  if (failure) throw new CallFailed(failure.type, failure.message);
}

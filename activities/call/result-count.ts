import type { Failure } from '../../contract/entry.ts';
import { excess, miscount, ONE_RESULT } from '../../contract/result-count.ts';
import type { Tool } from '../../tools/define.ts';
import { CallFailed } from './call-failed.ts';

/** @throws CallFailed `TooManyResults` as soon as it is certain */
export function refuseExcess({ name, results = ONE_RESULT }: Tool, count: number): void {
  failOn(excess(name, results, count));
}

/** @throws CallFailed `TooManyResults`, `TooFewResults` */
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

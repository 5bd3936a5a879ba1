/** A promise of the rules that did not hold. */
export class Violation extends Error {
  override name = 'Violation';
}

/** @param rule such as R3 */
export const broken = (rule: string, what: string, at?: number) =>
  new Violation(`${rule}: ${what}${at === undefined ? '' : ` (at ${at - 1_000_000} ms)`}`);

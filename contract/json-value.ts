/** What of JSON is taken at every door: bodies, a model's arguments, what tools give, signals. */

/**
 * Arrays and objects within one another. What is taken is later copied, compared, validated and written as JSON, and each of these
 * recurses: the first to overflow, `isDeepStrictEqual`, does so at 960 levels of an empty stack, structured clones at 1,600, JSON.stringify at 2,300
 * with a replacer. Nothing that people or models write comes near 100, where other parsers of JSON stop too.
 */
export const MAX_DEPTH = 100;

export const TOO_DEEP = `is nested deeper than ${MAX_DEPTH} levels`;
const TOO_LARGE_A_NUMBER = 'has a number that is too large: it would be kept as null';

/**
 * Why a value is not taken, as the end of a sentence. Undefined: it is. Cheap, and not recursive: safe for any depth.
 * @param value as JSON.parse gives it
 */
export function whyRefused(value: unknown): string | undefined {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each === 'object' && each !== null) {
        if (depth === MAX_DEPTH) return TOO_DEEP;
        for (const inner of Array.isArray(each) ? each : Object.values(each)) {
          if (typeof inner === 'object' || typeof inner === 'number') next.push(inner);
        }
      } else if (typeof each === 'number' && !Number.isFinite(each)) {
        return TOO_LARGE_A_NUMBER;
      }
    }
    level = next;
  }
  return undefined;
}

/** Which JSON values are accepted from outside: in bodies, a model's arguments, tools' results and signals. */

/**
 * The deepest nesting of arrays and objects. An accepted value is later copied, compared, validated and written as JSON, and each
 * of these recurses. On an empty stack, `isDeepStrictEqual` overflows first, at 960 levels, structured clones at 1,600, and
 * JSON.stringify with a replacer at 2,300. Nothing that people or models write comes near 100, where other JSON parsers stop too.
 */
export const MAX_DEPTH = 100;

export const TOO_DEEP = `is nested deeper than ${MAX_DEPTH} levels`;
const TOO_LARGE_A_NUMBER = 'contains a number that is too large: it would be stored as null';

/**
 * Why a value is refused, as the end of a sentence. Undefined when it is accepted. Cheap and not recursive: safe at any depth.
 * @param value as JSON.parse returns it
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

/**
 * The wait that an HTTP server asks for in `Retry-After`: milliseconds, at most `longest_ms`, from seconds or a date. Undefined when
 * the header is neither.
 */
export function readRetryAfter(
  header: string | null | undefined,
  now: number,
  longest_ms: number,
): number | undefined {
  const asked = header ?? '';
  const wait_ms = /^\d+(\.\d+)?$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - now;
  return Number.isNaN(wait_ms) ? undefined : Math.min(Math.max(wait_ms, 0), longest_ms);
}

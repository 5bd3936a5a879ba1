import { setTimeout as sleep } from 'node:timers/promises';

/** Text in small pieces, one every `delay_ms`, as a model would say it. Stops when `signal` aborts. */
export async function* paced(
  text: string,
  delay_ms: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for (const piece of text.match(/\S+\s*/g) ?? []) {
    if (delay_ms > 0) await sleep(delay_ms, undefined, { signal });
    yield piece;
  }
}

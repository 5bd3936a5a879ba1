import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Yields the text word by word, one every `delay_ms`, as a model streams it.
 * @throws AbortError when `signal` aborts during a delay
 */
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

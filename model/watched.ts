import { ModelError } from './errors.ts';

/**
 * Opens a provider's stream and hands its chunks on. It ends by itself, closing the connection, when `signal` aborts
 * (throwing its reason) and when nothing arrives for `silence_ms`, before the first chunk or between two.
 */
export async function* watched<Chunk>(
  open: (signal: AbortSignal) => PromiseLike<AsyncIterable<Chunk>>,
  signal: AbortSignal,
  silence_ms: number,
): AsyncGenerator<Chunk> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(tooSilent(silence_ms)), silence_ms);
  const either = AbortSignal.any([signal, silence.signal]);
  try {
    for await (const chunk of await open(either)) {
      timer.refresh();
      yield chunk;
    }
  } catch (error) {
    // The client's own error would only say that it was aborted.
    either.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  // The client ends an aborted stream as if it were complete.
  either.throwIfAborted();
}

function tooSilent(silence_ms: number): ModelError {
  return new ModelError('ModelTimeout', `The model sent nothing for ${silence_ms / 1_000} s.`);
}

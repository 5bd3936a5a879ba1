/** An answer of the model that is read as it comes and kept until someone wants it. */
import type { ModelClient, ModelPart, ModelRequest } from '../../model/message.ts';

export interface EarlyAnswer {
  /** The answer from its beginning. When `signal` aborts, so does the answer. @throws what the model's client throws */
  read(signal: AbortSignal): AsyncIterable<ModelPart>;
  /** The text so far. */
  words(): string;
  abort(reason: unknown): void;
}

export function askEarly(model: ModelClient, request: ModelRequest): EarlyAnswer {
  const aborting = new AbortController();
  const parts: ModelPart[] = [];
  let end: { error?: unknown } | undefined;
  let moved = Promise.withResolvers<void>();
  const wake = () => {
    moved.resolve();
    moved = Promise.withResolvers();
  };

  async function listen(): Promise<void> {
    try {
      for await (const part of model.stream(request, aborting.signal)) {
        parts.push(part);
        wake();
      }
      end = {};
    } catch (error) {
      end = { error };
    }
    wake();
  }
  void listen();

  async function* read(signal: AbortSignal): AsyncGenerator<ModelPart> {
    const abort = () => aborting.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    try {
      for (let next = 0; ;) {
        if (next < parts.length) yield parts[next++]!;
        else if (end === undefined) await moved.promise;
        else if ('error' in end) throw end.error;
        else return;
      }
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  return {
    read,
    words: () => parts.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
    abort: (reason) => aborting.abort(reason),
  };
}

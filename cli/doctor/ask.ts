import type { Failure, Usage } from '../../contract/entry.ts';
import { toFailure } from '../../model/errors.ts';
import type { AskedCall, ModelClient, ModelRequest } from '../../model/message.ts';

export type ProbeAnswer =
  | {
      ok: true;
      text: string;
      calls: AskedCall[];
      usage: Usage;
      /** How many pieces the text came in. */
      pieces: number;
      /** From the request to the first piece of text, or to the end. Milliseconds. */
      first_ms: number;
    }
  | { ok: false; error: Failure };

/**
 * Asks once.
 * @throws only the signal's reason; any other error is returned as an answer
 */
export async function ask(
  client: ModelClient,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const began = performance.now();
  let first_ms: number | undefined;
  let text = '';
  let pieces = 0;
  try {
    for await (const part of client.stream(request, signal)) {
      if (part.kind === 'text') {
        first_ms ??= performance.now() - began;
        text += part.text;
        pieces += 1;
      } else if (part.kind === 'done') {
        first_ms ??= performance.now() - began;
        const { calls, usage, said = text } = part;
        return { ok: true, text: said, calls, usage, pieces, first_ms };
      }
    }
    return { ok: false, error: { type: 'ModelBrokenAnswer', message: 'The answer has no end.' } };
  } catch (error) {
    signal.throwIfAborted();
    const { type, message } = toFailure(error);
    return { ok: false, error: { type: type ?? 'Error', message } };
  }
}

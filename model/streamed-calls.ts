import type OpenAI from 'openai';
import type { AskedCall } from './message.ts';
import { argumentsOf, textOf } from './wire.ts';

type Delta = Partial<OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall>;

/**
 * Puts tool calls together from their pieces. Providers differ: OpenAI numbers them; some send whole calls, some leave the
 * number out, some give all calls number 0 and tell them apart by id, some repeat id and name with every piece.
 */
export function streamedCalls() {
  const calls: { id?: string; index?: number; name: string; arguments: string }[] = [];
  return {
    add({ id, index, function: piece }: Delta) {
      let call = id
        ? (calls.find((known) => known.id === id) ??
          calls.find((known) => !known.id && index !== undefined && known.index === index))
        : index !== undefined
          ? calls.findLast((known) => known.index === index)
          : piece?.name
            ? undefined
            : calls.at(-1);
      if (!call) calls.push((call = { index, name: '', arguments: '' }));
      call.id ||= id;
      call.name ||= textOf(piece?.name);
      call.arguments += argumentsOf(piece?.arguments);
    },
    all: (): AskedCall[] => calls.map((call) => ({ name: call.name, arguments: call.arguments })),
  };
}

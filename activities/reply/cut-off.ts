/** Estimates the cost of replies that were stopped before their provider could report it. */
import type { Usage } from '../../contract/entry.ts';
import type { CutOff } from '../../contract/reply.ts';
import { addUsage } from '../../contract/usage.ts';
import { estimate } from '../../model/usage.ts';
import { history } from '../../model/transcript.ts';
import type { ModelMessage, ModelRequest } from '../../model/message.ts';
import type { Window } from './read-window.ts';

/** @param request a request with the same instructions and tools */
export async function estimateCutOff(
  cutOff: CutOff[],
  { entries, earlier }: Window,
  { messages, tools }: Pick<ModelRequest, 'messages' | 'tools'>,
): Promise<Usage> {
  let total: Usage = { input_tokens: 0, output_tokens: 0, estimated: true };
  const instructions = messages.slice(0, 1);
  for (const { started } of cutOff) {
    const seen: ModelMessage[] = history(
      entries.filter((entry) => entry.seq <= started),
      earlier,
    );
    const said = entries.find(
      (entry) => entry.kind === 'reply.interrupted' && entry.cause.includes(started),
    );
    const words = said?.kind === 'reply.interrupted' ? said.text : '';
    const usage = await estimate({ messages: [...instructions, ...seen], tools }, { words });
    total = addUsage(total, usage);
  }
  return total;
}

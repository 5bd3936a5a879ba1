/** The tokens of an answer, as its provider reports them. Counts that are not reported are estimated. */
import type { Usage } from '../contract/entry.ts';
import { fieldsOf } from './fields.ts';
import type { AskedCall, ModelRequest } from './message.ts';
import { countRequest, countTokens } from './tokens.ts';

export const NOTHING: Usage = { input_tokens: 0, output_tokens: 0 };

/**
 * Reads the usage in a piece of an answer. Some servers report it with every piece: the last one is valid.
 * @param given as either API reports it
 * @param before the usage so far, for counts that this piece does not have
 */
export function usageOf(given: unknown, before: Usage = NOTHING): Usage {
  const fields = fieldsOf(given);
  return {
    input_tokens: count(fields.prompt_tokens ?? fields.input_tokens) ?? before.input_tokens,
    output_tokens: count(fields.completion_tokens ?? fields.output_tokens) ?? before.output_tokens,
  };
}

/** Undefined for an implausible count, which would distort every sum. */
function count(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number.parseFloat(value) : value;
  const isCount = typeof number === 'number' && number >= 0 && number <= MOST_TOKENS;
  return isCount ? Math.round(number) : undefined;
}

const MOST_TOKENS = 1_000_000_000;

/** The written part of an answer, which may have been cut off. */
export interface PartialAnswer {
  words: string;
  calls?: AskedCall[];
  /** Characters of reasoning and arguments that were streamed. If set, they are counted in place of `calls`. */
  unseen?: number;
}

/** Counts what the provider did not report, and marks such a usage as estimated. */
export async function completed(
  usage: Usage,
  request: Pick<ModelRequest, 'messages' | 'tools'>,
  written: PartialAnswer,
): Promise<Usage> {
  const { input_tokens, output_tokens } = usage;
  const missesOutput = output_tokens === 0 && !isNothing(written);
  if (input_tokens > 0 && !missesOutput) return usage;
  return {
    input_tokens: input_tokens > 0 ? input_tokens : await countRequest(request),
    output_tokens: output_tokens > 0 ? output_tokens : await countWritten(written),
    estimated: true,
  };
}

/** The usage of an answer whose provider reports nothing. */
export const estimate = (
  request: Pick<ModelRequest, 'messages' | 'tools'>,
  written: PartialAnswer,
): Promise<Usage> => completed(NOTHING, request, written);

const isNothing = ({ words, calls = [], unseen = 0 }: PartialAnswer) =>
  words === '' && calls.length === 0 && unseen === 0;

async function countWritten({ words, calls = [], unseen = 0 }: PartialAnswer): Promise<number> {
  const asked = calls.map((call) => `${call.name} ${call.arguments}`).join('\n');
  const ofWords = words === '' ? 0 : await countTokens(words);
  if (unseen > 0) return ofWords + Math.ceil(unseen / CHARS_OF_A_TOKEN);
  return ofWords + (asked === '' ? 0 : await countTokens(asked));
}

const CHARS_OF_A_TOKEN = 4;

/** What an answer cost, in tokens: as its provider counts them, or as we do if it does not. */
import type { Usage } from '../contract/entry.ts';
import { fieldsOf } from './fields.ts';
import type { AskedCall, ModelRequest } from './message.ts';
import { countRequest, countTokens } from './tokens.ts';

export const NOTHING: Usage = { input_tokens: 0, output_tokens: 0 };

/**
 * The last count is valid, since some servers count with every piece.
 * @param given as either API reports it
 */
export function usageOf(given: unknown, before: Usage = NOTHING): Usage {
  const fields = fieldsOf(given);
  return {
    input_tokens: count(fields.prompt_tokens ?? fields.input_tokens) ?? before.input_tokens,
    output_tokens: count(fields.completion_tokens ?? fields.output_tokens) ?? before.output_tokens,
  };
}

/** A wrong number would distort every sum: an implausible count is treated as absent. */
function count(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number.parseFloat(value) : value;
  const isCount = typeof number === 'number' && number >= 0 && number <= MOST_TOKENS;
  return isCount ? Math.round(number) : undefined;
}

const MOST_TOKENS = 1_000_000_000;

/** What has been written of an answer, which may have been cut off. */
export interface Written {
  words: string;
  calls?: AskedCall[];
  /** Characters of thoughts and arguments, if they are not known otherwise. */
  unseen?: number;
}

/** Marked as estimated when a part of it is our own count. */
export async function completed(
  usage: Usage,
  request: Pick<ModelRequest, 'messages' | 'tools'>,
  written: Written,
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

/** For a provider that reports nothing. */
export const estimate = (
  request: Pick<ModelRequest, 'messages' | 'tools'>,
  written: Written,
): Promise<Usage> => completed(NOTHING, request, written);

const isNothing = ({ words, calls = [], unseen = 0 }: Written) =>
  words === '' && calls.length === 0 && unseen === 0;

async function countWritten({ words, calls = [], unseen = 0 }: Written): Promise<number> {
  const asked = calls.map((call) => `${call.name} ${call.arguments}`).join('\n');
  return (
    (words === '' ? 0 : await countTokens(words)) +
    (unseen > 0
      ? Math.ceil(unseen / CHARS_OF_A_TOKEN)
      : asked === ''
        ? 0
        : await countTokens(asked))
  );
}

const CHARS_OF_A_TOKEN = 4;

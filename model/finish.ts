/** Why an answer ended, and whether it is complete. */
import { ModelError } from './errors.ts';
import { objectsIn } from './glued.ts';

interface Ended {
  /** The server has said that the answer is complete. */
  isDone: boolean;
  /** The answer has words or calls. */
  wasWriting: boolean;
  calls: { arguments: string }[];
}

/**
 * Checks that an answer is complete. An unknown reason is accepted for an answer with content, and not for an empty one.
 * @param reason as the provider gives it; undefined when it gives none
 * @throws ModelError when the answer is not complete
 */
export function checkFinish(
  reason: string | undefined,
  { isDone, wasWriting, calls }: Ended,
): void {
  if (reason === undefined) {
    // Without a reason, a call counts as finished only if its arguments are complete.
    const isWhole = calls.every((call) => objectsIn(call.arguments)?.length === 1);
    if (isDone && wasWriting && isWhole) return;
    throw new ModelError('ModelBrokenAnswer', 'The model stopped without finishing its answer.');
  }
  const word = reason.toLowerCase();
  if (WINDOW_FULL.test(word)) {
    throw new ModelError('ModelContextTooLong', 'The conversation fills the window of the model.');
  }
  if (LONGEST.test(word)) {
    throw new ModelError('ModelCutOff', 'The answer reached the longest that the model may give.');
  }
  if (FILTERED.test(word)) {
    throw new ModelError(
      'ModelContentFiltered',
      "The provider's content filter cut the answer off.",
    );
  }
  if (REFUSED.test(word)) throw new ModelError('ModelRefused', 'The model refused.');
  if (FAILED.test(word)) {
    throw new ModelError('ModelUnavailable', `The provider ended the answer with "${reason}".`);
  }
  if (!KNOWN.test(word) && !wasWriting) {
    throw new ModelError(
      'ModelBrokenAnswer',
      `The answer is empty, and ended for an unknown reason: "${reason}".`,
    );
  }
}

/** The reason that counts where there are several: a gateway may add a good one to a bad one. */
export const reasonOf = (reasons: readonly string[]): string | undefined =>
  reasons.find((reason) => BAD.some((pattern) => pattern.test(reason.toLowerCase()))) ??
  reasons.at(-1);

const WINDOW_FULL = /context_(window|length)_exceeded/;
const LONGEST = /length|max_?(\w*_)?tokens|token_limit/;
const REFUSED = /refus/;
const FILTERED = /filter|safety|sensitive|recitation|prohibited|blocklist|spii|policy|guardrail/;
const FAILED =
  /error|fail|abort|cancel|overload|unavailable|insufficient|malformed|timeout|timed_out|interrupt|incomplete/;
const BAD = [WINDOW_FULL, LONGEST, FILTERED, REFUSED, FAILED];
const KNOWN = /^(stop|end|eos|tool|function|complete|finish)/;

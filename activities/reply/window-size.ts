/** The size of a reply's window, and how one that is too long is handled. */
import type { ApplicationFailure } from '@temporalio/activity';
import type { ReplyRequest, TooLong, WindowSizes } from '../../contract/reply.ts';
import { sizesOf, toFailure, modelErrorTypeOf } from '../../model/errors.ts';
import { fitted } from '../../model/fit.ts';
import type { ModelRequest } from '../../model/message.ts';
import { countRequest, mostTokens } from '../../model/tokens.ts';
import { history } from '../../model/transcript.ts';
import type { Window } from './read-window.ts';

export interface Measured {
  tokens: number;
  sizes: WindowSizes;
}

/** Undefined unless the request asks for the size. */
export async function measure(
  { count_tokens, turns = [] }: ReplyRequest,
  { entries, earlier }: Window,
  request: ModelRequest,
): Promise<Measured | undefined> {
  if (!count_tokens) return undefined;
  const tokens = await countRequest(request);
  const first = entries[0]?.seq ?? 0;
  const from = (seq: number) =>
    countRequest({
      messages: history(entries.slice(Math.max(0, seq - first)), earlier),
      tools: [],
    });
  const whole = await from(0);
  const ofTurns: number[] = [];
  for (const seq of turns) ofTurns.push(await from(seq));
  return { tokens, sizes: { fixed: Math.max(0, tokens - whole), turns: ofTurns } };
}

/**
 * The request, shortened if it is too long. The rules ask for a summary before that, so this only handles sudden growth. A request that
 * certainly fits is not counted.
 */
export async function withinBudget(
  { most_tokens: most, count_tokens }: ReplyRequest,
  request: ModelRequest,
  measured: () => Promise<Measured | undefined>,
): Promise<ModelRequest> {
  if (most === undefined || !count_tokens || mostTokens(request) <= most) return request;
  const size = await measured();
  if (!size || size.tokens <= most) return request;
  const { otherwise } = request;
  return {
    ...(await fitted(request, most)),
    ...(otherwise && { otherwise: await fitted(otherwise, most) }),
  };
}

/** The failure for an error of the model. If the provider refused the window as too long, it carries the sizes that the rules need. */
export function refused(error: unknown, measured: Measured | undefined): ApplicationFailure {
  if (!measured || modelErrorTypeOf(error) !== 'ModelContextTooLong') return toFailure(error);
  const { tokens, sizes } = measured;
  const too_long: TooLong = { tokens, ...sizes, most: mostOf(error, tokens) };
  return toFailure(error, { details: { too_long } });
}

/** The size that the provider accepts, in our tokens. If the provider does not state it, the window is reduced by a larger share. */
function mostOf(error: unknown, tokens: number): number {
  const stated = sizesOf(error);
  if (!stated) return Math.floor(tokens * SHARE_IF_UNSTATED);
  const ours = stated.sent === undefined ? stated.most : (tokens * stated.most) / stated.sent;
  return Math.floor(Math.min(ours * SHARE_BESIDE_ANSWER, tokens * LARGEST_SHARE));
}

const SHARE_IF_UNSTATED = 0.7;
/** The rest of the provider's window is for the answer. */
const SHARE_BESIDE_ANSWER = 0.85;
/** The next window is shorter than the refused one in any case. */
const LARGEST_SHARE = 0.95;

/** How long the window of a reply is, and what is done about one that is too long. */
import type { ApplicationFailure } from '@temporalio/activity';
import type { ReplyRequest, TooLong, WindowSizes } from '../contract/turn.ts';
import { sizesOf, toFailure, typeOf } from '../model/errors.ts';
import { fitted } from '../model/fit.ts';
import type { ModelRequest } from '../model/message.ts';
import { countRequest } from '../model/tokens.ts';
import { history } from '../model/transcript.ts';
import type { Window } from './read-window.ts';

/** Undefined where nobody asked for it. */
export interface Measured {
  tokens: number;
  sizes: WindowSizes;
}

export async function measure(
  { count_tokens, turns = [] }: ReplyRequest,
  { entries, earlier }: Window,
  request: ModelRequest,
): Promise<Measured | undefined> {
  if (!count_tokens) return undefined;
  const tokens = await countRequest(request);
  const from = (seq: number) =>
    countRequest({
      messages: history(
        entries.filter((e) => e.seq >= seq),
        earlier,
      ),
      tools: [],
    });
  const whole = await from(0);
  const ofTurns: number[] = [];
  for (const seq of turns) ofTurns.push(await from(seq));
  return { tokens, sizes: { fixed: Math.max(0, tokens - whole), turns: ofTurns } };
}

/** The request as it may be sent. The rules ask for a summary before it comes to this, so it is only for what is suddenly large. */
export async function withinBudget(
  { most_tokens: most }: ReplyRequest,
  request: ModelRequest,
  measured: Measured | undefined,
): Promise<ModelRequest> {
  const isLonger = most !== undefined && measured !== undefined && measured.tokens > most;
  if (!isLonger) return request;
  const { otherwise } = request;
  return {
    ...(await fitted(request, most)),
    ...(otherwise && { otherwise: await fitted(otherwise, most) }),
  };
}

/** What the rules have to know of a window that the provider refused, or what else went wrong. */
export function refused(error: unknown, measured: Measured | undefined): ApplicationFailure {
  if (!measured || typeOf(error) !== 'ModelContextTooLong') return toFailure(error);
  const { tokens, sizes } = measured;
  const too_long: TooLong = { tokens, ...sizes, most: mostOf(error, tokens) };
  return toFailure(error, { details: { too_long } });
}

/** In our tokens, with room for the answer. A provider that does not say its size gets a good part less. */
function mostOf(error: unknown, tokens: number): number {
  const told = sizesOf(error);
  if (!told) return Math.floor(tokens * LESS);
  const ours = told.sent === undefined ? told.most : (tokens * told.most) / told.sent;
  return Math.floor(Math.min(ours * ROOM, tokens * NOT_ALL));
}

const LESS = 0.7;
const ROOM = 0.85;
const NOT_ALL = 0.95;

/**
 * Determines which topics a request explains and offers: those that can occur in the conversation. Others are left out, unless a provider's
 * prompt cache makes a constant form cheaper (docs/decisions/0031-lean-requests.md).
 */
import type { Entry } from '../contract/entry.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { ReplyRequest } from '../contract/reply.ts';
import type { Tool } from '../tools/define.ts';

export interface Applies {
  /** A tool can be called, or was called. */
  calls: boolean;
  /** A call may await a user's approval, or has done so. */
  approvals: boolean;
  /** A reply may have been cut off. */
  marks: boolean;
  /** A result may have been stored separately. */
  stored: boolean;
  /** The conversation begins with a summary. */
  summary: boolean;
}

/** Everything that may ever apply. */
export const EVERYTHING: Applies = {
  calls: true,
  approvals: true,
  marks: true,
  stored: true,
  summary: true,
};

export interface Circumstances {
  tools: Iterable<Tool>;
  /** The part of the log that the model is shown, with the entries read from before it. */
  entries: readonly Entry[];
  request: Pick<ReplyRequest, 'because' | 'calls'>;
  summary: boolean;
}

/**
 * Determined only by the agent and the content of the window, so that it changes only when something of its kind happens for the
 * first time.
 */
export function appliesTo({ tools, entries, request, summary }: Circumstances): Applies {
  const own = [...tools].filter(({ name }) => name !== READ_TOOL);
  // A window may have thousands of entries, and this is asked for each reply.
  const found = new Set(entries.map(({ kind }) => kind));
  const has = (...kinds: Entry['kind'][]) => kinds.some((kind) => found.has(kind));
  const calls =
    own.length > 0 ||
    request.because !== 'message' ||
    request.calls.length > 0 ||
    [...found].some((kind) => kind.startsWith('call.'));
  const approvals =
    own.some(({ approval, duplicates }) => approval || duplicates === 'confirm') ||
    has('call.awaiting_approval', 'call.denied') ||
    request.calls.some(({ status }) => status === 'awaiting_approval');
  return {
    calls,
    approvals: calls && approvals,
    // A conversation without tools is usually short. With tools an interruption is to be expected, and a later change would lose
    // the whole cache.
    marks: calls || (has('reply.interrupted', 'reply.failed') && entries.some(isCutOff)),
    // The summarised part may have had a stored result too, and the id of its call may be in the summary.
    stored: calls && (summary || entries.some(tellsOfStored)),
    summary,
  };
}

const isCutOff = (entry: Entry) =>
  (entry.kind === 'reply.interrupted' && !entry.rolled_back && entry.text !== '') ||
  (entry.kind === 'reply.failed' && (entry.text ?? '') !== '');

/** Includes calls of `read_result`: providers refuse calls of undeclared tools. */
const tellsOfStored = (entry: Entry) =>
  ((entry.kind === 'call.event' || entry.kind === 'call.completed') &&
    entry.stored !== undefined) ||
  (entry.kind === 'call.requested' && entry.tool === READ_TOOL);

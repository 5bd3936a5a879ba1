/**
 * What can happen in a conversation, and so has to be explained and offered. What cannot is not sent, unless a provider's prompt cache makes the
 * steady form cheaper (docs/decisions/0031-lean-requests.md).
 */
import type { Entry } from '../contract/entry.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { ReplyRequest } from '../contract/turn.ts';
import type { Tool } from '../tools/define.ts';

export interface Applies {
  /** Something can be called, or was. */
  calls: boolean;
  /** A call may await a person's yes, or did. */
  approvals: boolean;
  /** A reply may have been cut off. */
  marks: boolean;
  /** A result may have been set aside. */
  stored: boolean;
  /** The conversation begins with a summary. */
  summary: boolean;
}

/** With everything that may ever apply. */
export const EVERYTHING: Applies = {
  calls: true,
  approvals: true,
  marks: true,
  stored: true,
  summary: true,
};

export interface Circumstances {
  tools: Iterable<Tool>;
  /** What the model is shown of the log, with what is read from before it. */
  entries: readonly Entry[];
  request: Pick<ReplyRequest, 'because' | 'calls'>;
  summary: boolean;
}

/** By the agent and what stands in the window alone, so that it changes only where something of its kind happens for the first time. */
export function appliesTo({ tools, entries, request, summary }: Circumstances): Applies {
  const own = [...tools].filter(({ name }) => name !== READ_TOOL);
  const has = (...kinds: Entry['kind'][]) => entries.some(({ kind }) => kinds.includes(kind));
  const calls =
    own.length > 0 ||
    request.because !== 'message' ||
    request.calls.length > 0 ||
    entries.some(({ kind }) => kind.startsWith('call.'));
  const approvals =
    own.some(({ approval, duplicates }) => approval || duplicates === 'confirm') ||
    has('call.awaiting_approval', 'call.denied') ||
    request.calls.some(({ status }) => status === 'awaiting_approval');
  return {
    calls,
    approvals: calls && approvals,
    // Without tools a talk is short more often than not. With them an interruption is to be expected, and would cost the whole cache.
    marks: calls || entries.some(isCutOff),
    // What is summed up may have had one too, and its call's id may stand in the summary.
    stored: calls && (summary || entries.some(tellsOfStored)),
    summary,
  };
}

const isCutOff = (entry: Entry) =>
  (entry.kind === 'reply.interrupted' && !entry.rolled_back && entry.text !== '') ||
  (entry.kind === 'reply.failed' && (entry.text ?? '') !== '');

/** A call of `read_result` too: providers refuse calls of what is not declared. */
const tellsOfStored = (entry: Entry) =>
  ((entry.kind === 'call.event' || entry.kind === 'call.completed') &&
    entry.stored !== undefined) ||
  (entry.kind === 'call.requested' && entry.tool === READ_TOOL);

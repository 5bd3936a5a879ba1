/** Replies: each is one run of the model, and there is one at a time (R1). */
import type { Actor, EntryOf, Failure, Usage } from '../contract/entry.ts';
import type { ReachedLimit } from '../contract/limits.ts';
import { replyId } from '../contract/names.ts';
import { addUsage } from '../contract/usage.ts';
import type { ReplyResult, TooLong } from '../contract/reply.ts';
import { requestCalls } from './calls.ts';
import { holdNothing, hush } from './initiative.ts';
import { byRank, untell, writeReceipts } from './news.ts';
import { openCalls } from './head.ts';
import type { Reply } from './state.ts';
import { agent, addEntry, SYSTEM, type Step } from './step.ts';
import {
  cutWindow,
  requestSummaryIfOverBudget,
  noteTurn,
  windowFrom,
  windowRequest,
} from './summary.ts';
import { askAgain, mayAskAgain } from './too-long.ts';

/**
 * Starts a reply that answers every waiting message and tells all waiting news.
 * @param follows seq of the reply.started entry that this one continues, for `because: 'results'`
 */
export function startReply(
  step: Step,
  because: Reply['because'],
  { turnStep = 1, follows }: { turnStep?: number; follows?: number } = {},
): void {
  const { state } = step;
  const answers = state.unanswered;
  const tells = byRank(state.news);
  const id = replyId(++state.replies);
  const reason = inWords(because, answers.length, tells);
  const cause = [...answers, ...tells].map(({ seq }) => seq);
  if (follows !== undefined) cause.push(follows);
  const started = addEntry(
    step,
    'reply.started',
    { reply_id: id, because, reason },
    { actor: agent(step), cause },
  );
  if (follows === undefined) noteTurn(step, started, answers.map(seqOf), tells.map(seqOf));
  const from = windowFrom(state);
  const summary = state.context?.summary?.seq;
  state.unanswered = [];
  state.news = [];
  holdNothing(step);
  // A message to a hushed agent may have waited until now.
  if (because === 'message') state.hushed = false;
  state.turn = {
    phase: 'replying',
    reply: {
      id,
      started,
      ...(state.context && { from }),
      at: step.at,
      because,
      step: turnStep,
      answers,
      tells,
    },
  };
  step.effects.push({
    kind: 'start_reply',
    request: {
      reply_id: id,
      from,
      to: started,
      ...(summary !== undefined && { summary }),
      ...windowRequest(state),
      ...(state.cut_off && { cut_off: state.cut_off }),
      because,
      news: tells.map(({ seq }) => seq),
      calls: openCalls(state, from),
    },
    reason: `${id.replace('_', ' ')}: ${reason}`,
  });
}

/** The model has finished. The calls it requested wait for their release (R3). */
export function completeReply(step: Step, reply: Reply, result: ReplyResult): void {
  const { state } = step;
  const { text, usage, attached, speculation, cut_off } = result;
  const completed = addEntry(
    step,
    'reply.completed',
    {
      ...{ reply_id: reply.id, text, usage },
      ...(attached && { attached }),
      ...(speculation && { speculation }),
    },
    { actor: agent(step), cause: [reply.started] },
  );
  state.usage = addUsage(state.usage, usage);
  if (cut_off) {
    state.usage = addUsage(state.usage, cut_off);
    delete state.cut_off;
  }
  const spoke = text.trim() !== '';
  writeReceipts(step, reply, spoke);
  requestCalls(step, result.calls, [completed]);
  state.turn = result.calls.length > 0 ? { phase: 'settling', reply, spoke } : { phase: 'idle' };
  requestSummaryIfOverBudget(step, reply, result, completed);
}

interface Failed {
  error: Failure;
  limit?: ReachedLimit;
  usage?: Usage;
  too_long?: TooLong;
}

/**
 * Every attempt failed. The reply's news is told in the next turn.
 * @param failed.usage the cost of the failed reply
 * @param failed.limit the limit that kept the reply from being tried; the agent is quiet until the user writes (R12)
 * @param failed.too_long sizes of a window that was refused as too long; the reply is retried with less of the log
 */
export function failReply(
  step: Step,
  reply: Reply,
  { error, limit, usage, too_long }: Failed,
): void {
  const failed = addEntry(
    step,
    'reply.failed',
    // The store has the text of the reply, and adds it when it records this entry.
    { reply_id: reply.id, error, ...(usage && { usage }) },
    { actor: SYSTEM, cause: [reply.started] },
  );
  if (usage) step.state.usage = addUsage(step.state.usage, usage);
  if (limit) hush(step, limit, [failed, ...reply.tells.map(({ seq }) => seq)]);
  const isAgain = too_long !== undefined && mayAskAgain(step.state, too_long);
  untell(step, reply, limit || isAgain ? undefined : 'silent');
  step.state.turn = { phase: 'idle' };
  if (isAgain) askAgain(step, reply, too_long, failed);
  else if (!too_long && error.type === 'ModelContextTooLong') cutWindow(step, failed);
}

/**
 * Stops the reply in flight, if there is one. Its messages and news wait again. After a plain request to be quiet, the
 * news is not told at once but in the next turn.
 */
export function interruptReply(
  step: Step,
  by: EntryOf<'reply.interrupted'>['by'],
  { actor, cause, rollback = false }: { actor: Actor; cause: number[]; rollback?: boolean },
): void {
  const { state } = step;
  if (state.turn.phase !== 'replying') return;
  const { reply } = state.turn;
  addEntry(
    step,
    'reply.interrupted',
    // The store has the text of the reply, and adds it when it records this entry.
    { reply_id: reply.id, text: '', by, rolled_back: rollback },
    { actor, cause: [reply.started, ...cause] },
  );
  step.effects.push({ kind: 'stop_reply', reply_id: reply.id });
  const cutOff = { from: reply.from ?? 1, started: reply.started };
  state.cut_off = [...(state.cut_off ?? []), cutOff].slice(-COUNTED_LATER);
  const goesOn = by === 'message' || by === 'event';
  if (goesOn) state.unanswered = [...reply.answers, ...state.unanswered];
  untell(step, reply, goesOn ? undefined : 'silent');
  state.turn = { phase: 'idle' };
}

/** At most this many cut-off replies, the latest, are kept for a later estimate. */
const COUNTED_LATER = 10;

const seqOf = ({ seq }: { seq: number }) => seq;

function inWords(because: Reply['because'], messages: number, tells: Reply['tells']): string {
  const latest = new Map(
    tells.toSorted((a, b) => a.seq - b.seq).map((news) => [news.call_id, news.label]),
  );
  const parts = [...latest.values()];
  if (messages > 0) parts.unshift(messages === 1 ? 'a message' : `${messages} messages`);
  if (parts.length === 0) parts.push(because === 'results' ? 'what was started' : because);
  return parts.join(', ');
}

/**
 * The log as a model reads it. A reply stands where it was begun, before the messages and events that it had not seen when it
 * spoke; everything else stands in the order of the log. Past messages depend on the log alone, so a provider's prompt cache holds from turn to turn
 * up to the first progress of a call that is still open; everything that changes by the moment stands in the last message, `<now>`.
 */
import type { Agent } from '../agents/define.ts';
import type { Entry, EntryOf } from '../contract/entry.ts';
import type { ReplyRequest } from '../contract/turn.ts';
import type { Progress } from '../store/store.ts';
import { block, json, plain } from './blocks.ts';
import { type CallStory, endedAtOnce, followCalls } from './call-story.ts';
import { developerPrompt } from './developer-prompt.ts';
import { endFacts, eventFacts, partFacts } from './facts.ts';
import type { ModelMessage, PastCall } from './message.ts';
import { nowFacts } from './now.ts';

export interface Seen {
  /** request.from ≤ seq ≤ request.to, in order. */
  entries: readonly Entry[];
  agent: Agent;
  request: ReplyRequest;
  /** The latest live progress of the open calls. */
  progress: ReadonlyMap<string, Progress>;
}

export function transcript({ entries, agent, request, progress }: Seen): ModelMessage[] {
  const log: Log = { stories: followCalls(entries), replies: followReplies(entries) };
  const now = nowFacts(entries, log.stories, request, progress);
  return [
    { role: 'system', text: developerPrompt(agent) },
    ...entries.flatMap((entry) => said(entry, log)),
    ...(now ? [{ role: 'user' as const, text: block('now', now) }] : []),
  ];
}

interface Log {
  stories: Map<string, CallStory>;
  /** By reply id. Without `end` it is still in flight, or nothing came of it. */
  replies: Map<string, { begun: boolean; end?: ReplyEnd }>;
}

type ReplyEnd = EntryOf<'reply.completed' | 'reply.interrupted'>;

function followReplies(entries: readonly Entry[]): Log['replies'] {
  const replies: Log['replies'] = new Map();
  for (const entry of entries) {
    if (entry.kind === 'reply.started') replies.set(entry.reply_id, { begun: true });
    if (entry.kind === 'reply.completed' || entry.kind === 'reply.interrupted') {
      const begun = replies.get(entry.reply_id)?.begun ?? false;
      replies.set(entry.reply_id, { begun, end: entry });
    }
  }
  return replies;
}

function said(entry: Entry, { stories, replies }: Log): ModelMessage[] {
  switch (entry.kind) {
    case 'message.user':
      return [{ role: 'user', text: plain(spoken(entry)) }];
    case 'reply.started': {
      const end = replies.get(entry.reply_id)?.end;
      return end ? reply(end, stories) : [];
    }
    case 'reply.completed':
    case 'reply.interrupted':
      return replies.get(entry.reply_id)?.begun ? [] : reply(entry, stories);
    case 'call.event':
    case 'call.completed':
    case 'call.failed':
    case 'call.cancelled':
    case 'call.denied':
    case 'call.dropped':
      return event(entry, stories.get(entry.call_id)!);
    case 'call.requested':
    case 'call.awaiting_approval':
    case 'call.approved':
    case 'call.queued':
    case 'call.started':
    case 'reply.failed':
    case 'receipt':
    case 'limit.reached':
    case 'conversation.closed':
      return [];
    default:
      return entry satisfies never;
  }
}

function spoken({ actor, text }: EntryOf<'message.user'>): string {
  return actor.id === 'user' ? text : `${actor.id}: ${text}`;
}

/** What was said and asked for, and at once the one tool message of each call (R13). */
function reply(entry: ReplyEnd, stories: Map<string, CallStory>): ModelMessage[] {
  if (entry.kind === 'reply.interrupted') return cutOff(entry);
  const asked = [...stories.values()].filter((story) => story.reply === entry.seq);
  if (entry.text === '' && asked.length === 0) return [];
  return [
    { role: 'assistant', text: entry.text, calls: asked.map((story) => pastCall(story)) },
    ...asked.map((story) => ({
      role: 'tool' as const,
      call_id: story.call_id,
      text: json(answer(story)),
    })),
  ];
}

function cutOff({ text, by, rolled_back }: EntryOf<'reply.interrupted'>): ModelMessage[] {
  if (rolled_back || text === '') return [];
  const mark = by === 'request' ? '[stopped by the user]' : '[interrupted]';
  return [{ role: 'assistant', text: `${text} ${mark}`, calls: [] }];
}

function pastCall({ call_id, request }: CallStory): PastCall {
  const { tool, input, report } = request!;
  // Providers refuse arguments that are no object, and a model does write them.
  const fields =
    typeof input === 'object' && input !== null && !Array.isArray(input)
      ? input
      : { not_an_object: input };
  return { call_id, tool, arguments: JSON.stringify(report ? { ...fields, report } : fields) };
}

function answer(story: CallStory) {
  if (!endedAtOnce(story)) {
    const status = story.firstSeen ?? story.status;
    if (status !== 'awaiting_approval')
      return { status, note: 'Its results will follow as events.' };
    const note =
      'It does not run before a person has agreed. What becomes of it follows as events.';
    return { status, note, why: story.awaiting?.why };
  }
  const results = story.results.map((result) => ({ n: result.n, ...partFacts(result) }));
  return { ...endFacts(story.end!), ...(results.length > 0 ? { results } : {}) };
}

/** Partial results stay, of progress only the latest of an open call; a finished call shrinks to its results. */
function event(entry: Parameters<typeof eventFacts>[0], story: CallStory): ModelMessage[] {
  if (endedAtOnce(story)) return [];
  const isProgress = entry.kind === 'call.event' && entry.event === 'progress';
  if (isProgress && (story.end || story.progress !== entry)) return [];
  return [{ role: 'user', text: block('event', eventFacts(entry, story)) }];
}

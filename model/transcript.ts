/**
 * The log as a model reads it. A reply appears where it began, before the messages and events that it had not seen; everything
 * else is in the order of the log. Past messages depend on the log alone, so a provider's prompt cache is valid from turn to turn
 * up to the first progress of a call that is still open; everything that changes by the moment is in the last message, `<now>`.
 * The profile decides how events and `<now>` are presented, and what else the provider insists on.
 */
import type { Agent } from '../agents/define.ts';
import type { Attached, Entry, EntryOf } from '../contract/entry.ts';
import type { ReplyRequest } from '../contract/reply.ts';
import type { Progress } from '../store/store.ts';
import type { AwaitsByTool } from '../tools/awaits.ts';
import type { Applies } from './applies.ts';
import { block, json, plain } from './blocks.ts';
import { withShortIds } from './call-ids.ts';
import { type CallEvent, type CallStory, endedAtOnce, followCalls } from './call-story.ts';
import { runsAsync } from './async-tools.ts';
import { developerPrompt } from './developer-prompt.ts';
import { strategies } from './events/strategies.ts';
import { endFacts, eventFacts, partFacts } from './facts.ts';
import type { ModelMessage, PastCall } from './message.ts';
import { nowFacts } from './now.ts';
import { orderMessages } from './order.ts';
import { type Profile, profiles } from './profiles.ts';
import { withoutRefused } from './refused.ts';
import { shorten } from './fit.ts';

export interface Seen {
  /** request.from ≤ seq ≤ request.to, in order. */
  entries: readonly Entry[];
  /** Entries from before that range: the requests of calls that are open or mentioned in `entries`, and why a user is asked. */
  earlier?: readonly Entry[];
  /** The summary of everything before `entries`. */
  summary?: string;
  agent: Agent;
  /** Who awaits the results of its tools. Default: `prompt`. */
  awaits?: AwaitsByTool['all'];
  request: ReplyRequest;
  /** The latest live progress of the open calls. */
  progress: ReadonlyMap<string, Progress>;
  /** Default: `compatible`. */
  profile?: Profile;
  /** The topics that the developer prompt explains. Default: all. */
  applies?: Applies;
}

export function transcript({
  entries: logged,
  earlier = [],
  summary,
  agent,
  awaits,
  request,
  progress,
  profile = profiles.compatible,
  applies,
}: Seen): ModelMessage[] {
  const entries = withoutRefused(logged);
  const suspended = request.calls.flatMap((call) => (call.suspended ? call.call_id : []));
  const stories = followCalls([...earlier, ...entries], suspended);
  const now = nowFacts(entries, stories, request, progress);
  const messages = [
    ...(summary === undefined ? [] : [summaryMessage(summary)]),
    ...past(entries, stories, profile),
    ...(now ? strategies[profile.events].now(request.to, now) : []),
  ];
  const ordered = orderMessages(messages, profile.order);
  return [
    { role: profile.instructions_role, text: developerPrompt(agent, profile, awaits, applies) },
    ...(profile.call_ids === 'short' ? withShortIds(ordered) : ordered),
  ];
}

/** The past messages and events, without instructions and `<now>`, in the profile `compatible`. */
export function history(logged: readonly Entry[], earlier: readonly Entry[]): ModelMessage[] {
  const entries = withoutRefused(logged);
  return past(entries, followCalls([...earlier, ...entries]), profiles.compatible);
}

/** Calls that were requested before the range come first, and then a reply that began before it. */
function past(
  entries: readonly Entry[],
  stories: Map<string, CallStory>,
  profile: Profile,
): ModelMessage[] {
  const log: Log = { stories, replies: followReplies(entries), profile };
  const before = [...stories.values()].filter((story) => story.request && !story.reply);
  return [
    ...(before.length > 0 ? withAnswers('', before, profile) : []),
    ...[...log.replies.values()].flatMap(({ begun, end }) =>
      end && !begun ? reply(end, log) : [],
    ),
    ...entries.flatMap((entry) => messagesOf(entry, log)),
  ];
}

const summaryMessage = (text: string): ModelMessage => ({
  role: 'user',
  text: block('summary', { text }),
});

interface Log {
  profile: Profile;
  stories: Map<string, CallStory>;
  /** By reply id. Without `end` it is still in progress, or produced nothing. */
  replies: Map<string, { begun: boolean; end?: ReplyEnd }>;
}

type ReplyEnd = EntryOf<'reply.completed' | 'reply.interrupted' | 'reply.failed'>;

function followReplies(entries: readonly Entry[]): Log['replies'] {
  const replies: Log['replies'] = new Map();
  for (const entry of entries) {
    if (entry.kind === 'reply.started') replies.set(entry.reply_id, { begun: true });
    if (isReplyEnd(entry)) {
      const begun = replies.get(entry.reply_id)?.begun ?? false;
      replies.set(entry.reply_id, { begun, end: entry });
    }
  }
  return replies;
}

const isReplyEnd = (entry: Entry): entry is ReplyEnd =>
  entry.kind === 'reply.completed' ||
  entry.kind === 'reply.interrupted' ||
  entry.kind === 'reply.failed';

function messagesOf(entry: Entry, log: Log): ModelMessage[] {
  const { stories, replies } = log;
  switch (entry.kind) {
    case 'message.user':
      return [{ role: 'user', text: plain(spoken(entry)) }];
    case 'reply.started': {
      const end = replies.get(entry.reply_id)?.end;
      return end ? reply(end, log) : [];
    }
    case 'call.event':
    case 'call.completed':
    case 'call.failed':
    case 'call.cancelled':
    case 'call.denied':
    case 'call.dropped':
      return event(entry, stories.get(entry.call_id)!, log.profile);
    case 'call.requested':
    case 'call.awaiting_approval':
    case 'call.approved':
    case 'call.answered':
    case 'call.queued':
    case 'call.started':
    case 'reply.completed':
    case 'reply.interrupted':
    case 'reply.failed':
    case 'receipt':
    case 'summary':
    case 'summary.failed':
    case 'limit.reached':
    case 'conversation.reset':
    case 'signal.dropped':
    case 'conversation.closed':
      return [];
    default:
      return entry satisfies never;
  }
}

function spoken({ actor, text }: EntryOf<'message.user'>): string {
  return actor.id === 'user' ? text : `${actor.id}: ${text}`;
}

/** What was said and requested, immediately followed by the one tool message of each call (R13). */
function reply(entry: ReplyEnd, { stories, profile }: Log): ModelMessage[] {
  if (entry.kind === 'reply.interrupted') return cutOff(entry);
  // A failed reply that had said nothing leaves no trace.
  if (entry.kind === 'reply.failed') return brokenOff(entry);
  const asked = [...stories.values()].filter((story) => story.reply === entry.seq);
  const { text, attached } = entry;
  return text === '' && asked.length === 0 ? [] : withAnswers(text, asked, profile, attached);
}

function withAnswers(
  text: string,
  asked: CallStory[],
  profile: Profile,
  attached?: Attached,
): ModelMessage[] {
  const calls = asked.map((story) => pastCall(story, profile));
  const answered = asked.filter((story) => !isAsync(story, profile) || endedAtOnce(story));
  return [
    { role: 'assistant', text, calls, ...(attached && { attached: [attached] }) },
    ...answered.map((story) => ({
      role: 'tool' as const,
      call_id: story.call_id,
      text: json({
        // When the provider sees another id, this links the call to the events that follow.
        call_id: profile.call_ids === 'short' ? story.call_id : undefined,
        ...answer(story),
      }),
    })),
  ];
}

function cutOff({ text, by, rolled_back }: EntryOf<'reply.interrupted'>): ModelMessage[] {
  if (rolled_back || text === '') return [];
  const mark = by === 'request' ? '[stopped by the user]' : '[interrupted]';
  return [{ role: 'assistant', text: `${briefly(text)} ${mark}`, calls: [] }];
}

function brokenOff({ text = '' }: EntryOf<'reply.failed'>): ModelMessage[] {
  return text === ''
    ? []
    : [{ role: 'assistant', text: `${briefly(text)} [broken off]`, calls: [] }];
}

/** A reply that was cut off is seldom needed in full, and a model that repeats itself would learn from it to continue. */
const briefly = (text: string) => shorten(tidy(text), CUT_OFF_CHARS);

const CUT_OFF_CHARS = 4_000;

/** Long runs of blanks carry no meaning. */
const tidy = (text: string) => text.replaceAll(/\n{3,}/g, '\n\n').replaceAll(/[^\S\n]{8,}/g, ' ');

/** Whether the call is answered only when it is over. What the service handles itself is answered at once in any profile. */
const isAsync = ({ request }: CallStory, { events }: Profile) =>
  strategies[events].end !== undefined && request !== undefined && runsAsync(request.tool);

function pastCall(story: CallStory, profile: Profile): PastCall {
  const { call_id, request } = story;
  const { tool, input, report, attached } = request!;
  // Providers refuse arguments that are not an object, but models do write them.
  const fields =
    typeof input === 'object' && input !== null && !Array.isArray(input)
      ? input
      : { not_an_object: input };
  return {
    call_id,
    tool,
    arguments: JSON.stringify(report ? { ...fields, report } : fields),
    ...(isAsync(story, profile) && { async: true }),
    ...(attached && { attached }),
  };
}

function answer(story: CallStory) {
  if (!endedAtOnce(story)) {
    const status = story.firstSeen ?? story.status;
    if (status !== 'awaiting_approval') {
      const how = story.flow ? 'all at once, when they are in' : 'as events';
      return { status, note: `Its results will follow ${how}.` };
    }
    const note =
      'It does not run before a person has agreed. What happens to it will follow as events.';
    return { status, note, why: story.awaiting?.why };
  }
  const results = story.results.map((result) => ({ n: result.n, ...partFacts(result) }));
  return { ...endFacts(story.end!), ...(results.length > 0 ? { results } : {}) };
}

/**
 * Partial results stay; of progress, only the latest of an open call stays; a finished call shrinks to its results. Those of a
 * managed call appear where its flow resumed.
 */
function event(entry: CallEvent, story: CallStory, profile: Profile): ModelMessage[] {
  const { event: asEvent, end: asEnd } = strategies[profile.events];
  const told = (each: CallEvent) =>
    asEnd && each.kind !== 'call.event' && isAsync(story, profile)
      ? asEnd(each.call_id, endFacts(each))
      : asEvent(each.seq, eventFacts(each, story));
  if (endedAtOnce(story)) return [];
  const { flow } = story;
  if (flow) return (flow.get(entry) ?? []).flatMap(told);
  const isProgress = entry.kind === 'call.event' && entry.event === 'progress';
  if (isProgress && (story.end || story.progress !== entry)) return [];
  return told(entry);
}

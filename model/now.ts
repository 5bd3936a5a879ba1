/** The facts of the `<now>` block: why the model speaks, what it has to report, what is in progress. */
import type { Entry, EntryOf } from '../contract/entry.ts';
import type { Stored } from '../contract/stored.ts';
import type { OpenCall, Suspended } from '../contract/call.ts';
import type { ReplyRequest } from '../contract/reply.ts';
import type { Progress } from '../store/store.ts';
import { type CallEndEntry, isCallEnd } from '../contract/call-ends.ts';
import type { CallStory } from './call-story.ts';
import { endFacts } from './facts.ts';

/** Undefined if the request has nothing besides the user's message: no news and no open calls. */
export function nowFacts(
  entries: readonly Entry[],
  stories: Map<string, CallStory>,
  request: ReplyRequest,
  progress: ReadonlyMap<string, Progress>,
) {
  const news = newsByCall(entries, new Set(request.news));
  if (request.because === 'message' && news.length === 0 && request.calls.length === 0) {
    return undefined;
  }
  return {
    because: request.because,
    news: news.map((told) => latest(told, stories.get(told[0].call_id))),
    calls: request.calls.map((call) =>
      openCall(call, stories.get(call.call_id), progress.get(call.call_id)),
    ),
  };
}

type Told = EntryOf<'call.event'> | CallEndEntry;

function newsByCall(entries: readonly Entry[], news: Set<number>): [Told, ...Told[]][] {
  const byCall = new Map<string, [Told, ...Told[]]>();
  for (const entry of entries) {
    if (!news.has(entry.seq) || !isAboutCall(entry)) continue;
    const told = byCall.get(entry.call_id);
    if (told) told.push(entry);
    else byCall.set(entry.call_id, [entry]);
  }
  return [...byCall.values()];
}

function isAboutCall(entry: Entry): entry is Told {
  return entry.kind === 'call.event' || isCallEnd(entry);
}

/** All partial results, and the end; progress only while there is no end (R6). */
function latest(told: [Told, ...Told[]], story: CallStory | undefined) {
  const events = told.filter((entry) => entry.kind === 'call.event');
  const results = events
    .filter(({ event }) => event === 'result')
    .map(({ n, note, data, stored }) => ({
      n,
      note,
      ...(stored ? shortStored(stored) : { data: short(data) }),
    }));
  const end = told.find((entry) => entry.kind !== 'call.event');
  const progress = events.findLast(({ event }) => event === 'progress');
  return {
    call_id: told[0].call_id,
    tool: story?.request?.tool,
    ...(results.length > 0 ? { results } : {}),
    ...(end ? shortEnd(end) : { percent: progress?.percent, note: progress?.note }),
  };
}

function openCall(call: OpenCall, story: CallStory | undefined, live: Progress | undefined) {
  const told = story?.progress;
  const { percent, note } =
    live && (!told || Date.parse(live.at) > Date.parse(told.at)) ? live : (told ?? call);
  return {
    call_id: call.call_id,
    tool: call.tool,
    input: short(story?.request?.input),
    report: story?.request?.report,
    status: call.status,
    percent,
    note,
    position: call.position,
    suspended: call.suspended && inWords(call.suspended),
    ...(call.status === 'awaiting_approval' && {
      why: story?.awaiting?.why,
      expires_at: call.expires_at,
    }),
  };
}

/** How far a flow that the service suspends has come. */
function inWords({ results, of }: Suspended): string {
  const noun = (of ?? results) === 1 ? 'result' : 'results';
  return `${results}${of === undefined ? '' : ` of ${of}`} ${noun} in`;
}

function shortEnd(end: CallEndEntry) {
  const facts = endFacts(end);
  if (end.kind !== 'call.completed') return facts;
  return {
    ...facts,
    ...(end.stored && end.result === null
      ? shortStored(end.stored)
      : { result: short(end.result) }),
  };
}

const shortStored = ({ n, bytes }: Stored) => ({
  stored: { n, bytes, note: 'Its beginning is shown above.' },
});

/** Leaves out a large value: the whole of it is earlier in the conversation, and would be paid for twice. */
function short(value: unknown): unknown {
  return (JSON.stringify(value)?.length ?? 0) > SHORT_CHARS ? 'Shown in full above.' : value;
}

const SHORT_CHARS = 1_000;

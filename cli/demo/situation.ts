/** Reads from the messages what the demo's rules need to know. */
import type { ModelMessage } from '../../model/message.ts';
import { asBlocks } from './as-blocks.ts';
import { readObject } from './read-object.ts';

export interface Situation {
  /** The user's messages since the last answer. */
  unanswered: string[];
  /** Messages whose reply was interrupted by a message before it started what they ask for. */
  unfinished: string[];
  /** Calls that were requested and dropped because a message came first. */
  dropped: PastUse[];
  news: Fact[];
  open: Fact[];
  /** Every call of the conversation, by id. */
  uses: Map<string, PastUse>;
}

export interface PastUse {
  tool: string;
  arguments: Record<string, unknown>;
}

/** The state of a call, from `<now>` or a tool message. */
export interface Fact {
  call_id: string;
  tool?: string;
  status?: string;
  percent?: number;
  note?: string;
  position?: number;
  result?: unknown;
  /** Set for a large result, which is stored separately. */
  stored?: { bytes: number };
  results?: { n: number; data?: unknown; stored?: { bytes: number }; note?: string }[];
  error?: { type: string; message: string };
  /** Why it was denied. */
  reason?: string;
}

export function readSituation(given: readonly ModelMessage[]): Situation {
  const messages = asBlocks(given);
  const now = readNow(messages.at(-1));
  const uses = readUses(messages);
  const spoken = messages.findLastIndex(({ role }) => role === 'assistant');
  const finished = messages.findLastIndex(
    (message) => message.role === 'assistant' && !message.text.endsWith('[interrupted]'),
  );
  const since = words(messages.slice(spoken + 1));
  const before = words(messages.slice(finished + 1, spoken + 1));
  // The reply was cut off by news and not by the user, so the message before it still needs a whole answer.
  const cutByNews = since.length === 0 && spoken > finished;
  const outcomes = readOutcomes(messages.slice(finished + 1));
  const told = new Set(now.news.map(({ call_id }) => call_id));
  return {
    unanswered: cutByNews ? before : since,
    unfinished: cutByNews ? [] : before,
    dropped: outcomes
      .filter(({ status, why }) => status === 'dropped' && why?.includes('message'))
      .flatMap(({ call_id }) => uses.get(call_id) ?? []),
    news: [
      ...now.news,
      ...outcomes.filter(
        ({ call_id, status }) =>
          now.because === 'results' && status === 'failed' && !told.has(call_id),
      ),
    ],
    open: now.calls,
    uses,
  };
}

interface Now {
  because: string;
  news: Fact[];
  calls: Fact[];
}

function readNow(last: ModelMessage | undefined): Now {
  const json = last?.role === 'user' ? /^<now>(.*)<\/now>$/s.exec(last.text)?.[1] : undefined;
  return { because: 'message', news: [], calls: [], ...readObject(json ?? '') };
}

function readUses(messages: readonly ModelMessage[]): Map<string, PastUse> {
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? message.calls : []));
  return new Map(
    calls.map(({ call_id, tool, arguments: text }) => [
      call_id,
      { tool, arguments: readObject(text) },
    ]),
  );
}

function readOutcomes(messages: readonly ModelMessage[]): (Fact & { why?: string })[] {
  return messages
    .filter((message) => message.role === 'tool')
    .map(({ call_id, text }) => ({ ...readObject(text), call_id }));
}

function words(messages: readonly ModelMessage[]): string[] {
  return messages
    .filter(({ role, text }) => role === 'user' && !/^<(summary|event|now)>/.test(text))
    .map(({ text }) => text);
}

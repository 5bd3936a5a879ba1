/** The texts that a client's model reads. Results are numbered, and an answer that is not final names the one call to make next. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { CallHead } from '../../contract/head.ts';
import { cut } from '../../contract/stored.ts';
import type { StoredConversation } from '../../store/store.ts';
import type { Result } from './results.ts';
import { text } from './server.ts';

/** The results, one a line, each with its number. */
export const numbered = (results: Result[]) =>
  results.map(({ n, text: words }) => `[result ${n}] ${words}`).join('\n');

/** The call that returns the results after number `after`. */
export const nextCall = (conversation_id: string, after: number) =>
  `next_results(${JSON.stringify({ conversation_id, after })})`;

/** The final answer to a question: everything that the agent said, in order. */
export function answered(conversation_id: string, results: Result[]): CallToolResult {
  const last = results.at(-1);
  const words = results.filter(({ kind }) => kind !== 'approval').map((result) => result.text);
  return {
    ...text(
      words.length > 0 ? words.join('\n\n') : 'The agent said nothing.',
      `(The answer is complete. Its conversation is ${conversation_id}: pass it as conversation_id to go on there.)`,
    ),
    ...(last && last.kind !== 'said' && last.kind !== 'approval' && { isError: true }),
    _meta: { [META]: { conversation_id, cursor: last?.n ?? 0 } },
  };
}

/** The final answer to a call: what its tool returned, or why it failed, also because its conversation was closed. */
export function called(conversation_id: string, results: Result[]): CallToolResult {
  const last = results.at(-1);
  const parts = results.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const isError = last?.kind === 'failed' || last?.kind === 'closed';
  return {
    ...text(...(isError ? [...parts, last.text] : parts)),
    ...(isError && { isError }),
    _meta: { [META]: { conversation_id, cursor: last?.n ?? 0 } },
  };
}

/** The final answer to a call of an MCP server, unchanged. Its cursor is 0, because no later list repeats it. */
export const unchanged = (conversation_id: string, answer: CallToolResult): CallToolResult => ({
  ...answer,
  _meta: { ...answer._meta, [META]: { conversation_id, cursor: 0 } },
});

/** The answer to a call that continues although the client has to be answered now. */
export function callSuspended(
  {
    head,
    call_id,
    tool,
    expected,
    after,
  }: { head: StoredConversation; call_id: string; tool: string; expected: string; after: number },
  results: Result[],
): CallToolResult {
  const lines = [
    `Suspended as ${call_id}: this is not the result. ${tool} goes on by itself, and nothing is lost. ${expected}`,
    ...(results.length > 0 ? [`So far:\n${numbered(results)}`] : []),
    `Later results come as [result N] ${call_id}. Do not call it again. Go on with other things, and when you have nothing else to do, ` +
      `call ${nextCall(head.id, after)}.`,
  ];
  return {
    ...text(lines.join('\n')),
    _meta: { [META]: { conversation_id: head.id, call_id, cursor: after } },
  };
}

/** The answer to a question that the agent still works on although the client has to be answered now. */
export function suspended(
  agent: string,
  head: StoredConversation,
  results: Result[],
): CallToolResult {
  const after = results.at(-1)?.n ?? 0;
  const lines = [
    `Suspended: this is not the answer yet. ${agent} goes on working in conversation ${head.id}, and nothing is lost.`,
    ...(results.length > 0 ? [`So far:\n${numbered(results)}`] : []),
    ...underWay(head),
    'Later results come as [result N]. Do not ask again, which would start it a second time. Go on with other things, ' +
      `and when you have nothing else to do, call ${nextCall(head.id, after)}.`,
  ];
  return {
    ...text(lines.join('\n')),
    _meta: { [META]: { conversation_id: head.id, cursor: after } },
  };
}

export interface ResultsReport {
  results: Result[];
  /** Number of the last result that the client has. */
  after: number;
  /** `rest`: nothing more comes without a new message. `done`: no call is open. */
  next: 'more' | 'rest' | 'done';
  /** A line for each open call. */
  doing?: string[];
}

/** The answer of `next_results`. */
export function news(
  id: string,
  { results, after, next, doing = [] }: ResultsReport,
): CallToolResult {
  const cursor = results.at(-1)?.n ?? after;
  const lines = [
    results.length > 0 ? numbered(results) : `Nothing new after result ${after}.`,
    ...(next === 'more' ? doing : []),
    results.at(-1)?.kind === 'closed' ? 'That was the last one.' : WHAT_NEXT[next](id, cursor),
  ];
  return { ...text(lines.join('\n')), _meta: { [META]: { conversation_id: id, cursor } } };
}

const WHAT_NEXT = {
  done: () => 'No call is open. Nothing more comes.',
  rest: () => 'The agent is at rest. Nothing more comes unless you send a message.',
  more: (id: string, cursor: number) =>
    `More may come. When you have nothing else to do, call ${nextCall(id, cursor)}.`,
};

/** A line for each open call, with its state. */
export function underWay({ calls }: StoredConversation): string[] {
  return calls.filter(isOpen).map((call) => `${call.tool} (${call.id}): ${stateOf(call)}`);
}

/** The state of the conversation in one line of at most 200 characters, for people. */
export function inShort(head: StoredConversation, results: Result[]): string {
  const [call] = head.calls.filter(isOpen);
  const words = call ? `${call.tool}: ${stateOf(call)}` : (results.at(-1)?.text ?? 'replying');
  const line = words.replaceAll(/\s+/g, ' ');
  return line.length > 200 ? `${cut(line, 0, 199)}…` : line;
}

export function stateOf({
  status,
  percent,
  note,
  position,
  why,
}: Omit<CallHead, 'requested_at'>): string {
  switch (status) {
    case 'awaiting_approval':
      return `waits for a person's approval. ${why ?? ''}`.trim();
    case 'queued':
      return `waits for a place (${position ?? '?'})`;
    default: {
      const parts = [percent === undefined ? undefined : `${percent} %`, note];
      const said = parts.filter((part) => part !== undefined);
      return said.length > 0 ? said.join(' ') : status;
    }
  }
}

const isOpen = ({ ended_at }: CallHead) => ended_at === undefined;

/** The field in `_meta` of every answer about a conversation, for programs. */
const META = 'meanwhile';

/** What the model behind the proxy reads of its calls. Results are data: they come as outputs of calls, never as anyone's words. */
import type { Entry, EntryOf } from '../../contract/entry.ts';
import { CANCEL_TOOL, EVENT_TOOL, READ_TOOL } from '../../contract/names.ts';
import type { ResultRange } from '../../contract/result-count.ts';
import type { Stored } from '../../contract/stored.ts';
import { type Result, resultOfCall } from '../../mcp/server/results.ts';
import { numbered } from '../../mcp/server/words.ts';
import type { ToldCall } from './item.ts';

/** Undefined for entries that bring nothing. */
export const resultOf = (entry: Entry): Result | undefined =>
  resultOfCall(entry, '', (_, stored: Stored) => {
    const rest = `${READ_TOOL} reads on, with n ${stored.n} and offset ${stored.head.length}`;
    return `${stored.head} … (only its beginning, of ${stored.bytes} bytes: ${rest})`;
  });

/** News as the result of a call that the model never made. */
export const newsCall = (id: string, output: string): ToldCall => ({
  call_id: id,
  name: EVENT_TOOL,
  arguments: '{}',
  output,
});

export const newsText = (results: Result[], tools: ReadonlyMap<string, string>): string =>
  results
    .map((result) => {
      const [callId = ''] = result.text.split(/[ ,:]/);
      const tool = tools.get(callId);
      return numbered([
        tool === undefined ? result : { ...result, text: `${tool} ${result.text}` },
      ]);
    })
    .join('\n');

export const NOTHING_NEW =
  'Nothing new. What happens is told as soon as there is something; there is no need to ask.';

/** @param results what came within the grace time */
export function outputOf(
  { call_id, tool }: Pick<EntryOf<'call.requested'>, 'call_id' | 'tool'>,
  results: Result[],
  { isOver, wasCancelled = false }: { isOver: boolean; wasCancelled?: boolean },
): string {
  const lines = results.map(({ data, text }) => data ?? text);
  if (isOver) return lines.join('\n');
  const open = `${tool} goes on by itself, and nothing is lost. Its later results come by themselves, as results of ${EVENT_TOOL} that begin with "[result N] ${tool} ${call_id}". Do not call it again, and do not wait: go on, or end your turn. ${CANCEL_TOOL} stops it.`;
  return [
    `Suspended as ${call_id}: this is not the result.`,
    ...lines,
    wasCancelled ? `${call_id} was cancelled later, by somebody else. It brings nothing.` : open,
  ].join('\n');
}

/** For a thread that the harness has shortened. */
export const earlierCalls = (lines: string[]): string =>
  `Your calls in an earlier part of this thread, which is not shown any more:\n${lines.join('\n')}`;

/** What the description of a tool says about its results. */
export function expected({ min, max }: ResultRange): string {
  const soon = 'Returns its result, or is suspended if it takes long';
  if (max === 1) return `${soon}: the result then comes by itself.`;
  const most = max === 'many' ? `${min} or more` : min === max ? `${max}` : `${min} to ${max}`;
  return `Returns ${most} results, one after the other. It is suspended: they come by themselves.`;
}

/** Starts a turn of a harness that is idle. It is replaced by the news before the model sees it. */
export const pokeText = (upTo: number): string => `[meanwhile] Results up to ${upTo} have arrived.`;
export const isPoke = (text: string): boolean =>
  /^\s*\[meanwhile\] Results up to \d+ have arrived\.\s*$/.test(text);

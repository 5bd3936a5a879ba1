/** The texts that the model behind the proxy reads about its calls. Results are data: they are outputs of calls, never messages. */
import type { Entry, EntryOf } from '../../contract/entry.ts';
import { CANCEL_TOOL, EVENT_TOOL, READ_TOOL } from '../../contract/names.ts';
import type { ResultRange } from '../../contract/result-count.ts';
import type { Stored } from '../../contract/stored.ts';
import { type Result, resultOfCall } from '../../mcp/server/results.ts';
import { numbered } from '../../mcp/server/words.ts';
import type { ToldCall } from './item.ts';

/** The result in an entry. Undefined for an entry that has none. */
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

/**
 * The output of a call.
 * @param results of the call within the grace time
 * @param state.isOver the call ended within the grace time
 */
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
    wasCancelled
      ? `${call_id} was cancelled later, and not by you. It has no further results.`
      : open,
  ].join('\n');
}

/** Lists the calls of a part of the thread that the harness has dropped. */
export const earlierCalls = (lines: string[]): string =>
  `Your calls in an earlier part of this thread, which is no longer shown:\n${lines.join('\n')}`;

/** What the description of a tool says about its results. */
export function expected({ min, max }: ResultRange): string {
  const soon = 'Returns its result, or is suspended if it takes long';
  if (max === 1) return `${soon}: the result then comes by itself.`;
  const most = max === 'many' ? `${min} or more` : min === max ? `${max}` : `${min} to ${max}`;
  return `Returns ${most} results, one after the other. It is suspended: they come by themselves.`;
}

/** A poke: the message that starts a turn of an idle harness. The proxy puts the news in its place before the model sees it. */
export const pokeText = (upTo: number): string => `[meanwhile] Results up to ${upTo} have arrived.`;
export const isPoke = (text: string): boolean =>
  /^\s*\[meanwhile\] Results up to \d+ have arrived\.\s*$/.test(text);

/** What a harness is told without having asked. */
import type { Entry } from '../../contract/entry.ts';
import { type Result, resultOfCall } from '../../mcp/server/results.ts';
import { numbered } from '../../mcp/server/words.ts';

/**
 * It arrives where the user's words do, so it says that it is none.
 * @param entries news, in order; of a call's progress the last is told (R6)
 */
export function textOfNews(conversation_id: string, entries: readonly Entry[]): string | undefined {
  const last = new Map(entries.map((entry, nth) => ['call_id' in entry ? entry.call_id : '', nth]));
  const results = entries.flatMap((entry, nth): Result[] => {
    const isStep = entry.kind === 'call.event' && entry.event === 'progress';
    if (isStep && last.get(entry.call_id) !== nth) return [];
    const result = resultOfCall(entry, conversation_id);
    return result ? [result] : [];
  });
  if (results.length === 0) return undefined;
  return `[meanwhile] Results of your calls. This is data of tools, and not a message of the user.\n${numbered(results)}`;
}

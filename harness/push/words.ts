/** What a harness is told without having asked. */
import type { Entry } from '../../contract/entry.ts';
import { unmerged } from '../../contract/merged.ts';
import { resultOfCall } from '../../mcp/server/results.ts';
import { numbered } from '../../mcp/server/words.ts';

/**
 * It arrives where the user's words do, so it says that it is none.
 * @param entries news that is told together
 */
export function textOfNews(conversation_id: string, entries: readonly Entry[]): string | undefined {
  const results = unmerged(entries).flatMap((entry) => resultOfCall(entry, conversation_id) ?? []);
  if (results.length === 0) return undefined;
  return `[meanwhile] Results of your calls. This is data of tools, and not a message of the user.\n${numbered(results)}`;
}

/** The text that is pushed to a harness. */
import type { Entry } from '../../contract/entry.ts';
import { unmerged } from '../../contract/merged.ts';
import { resultOfCall } from '../../mcp/server/results.ts';
import { numbered } from '../../mcp/server/words.ts';

/**
 * It arrives like a message of the user, so it says that it is not one.
 * @param entries news that is delivered together
 * @returns undefined if none of the entries has a result
 */
export function textOfNews(conversation_id: string, entries: readonly Entry[]): string | undefined {
  const results = unmerged(entries).flatMap((entry) => resultOfCall(entry, conversation_id) ?? []);
  if (results.length === 0) return undefined;
  return `[meanwhile] Results of your calls. This is data of tools, and not a message of the user.\n${numbered(results)}`;
}

import type { Entry } from '../../client/index.ts';
import { CANCEL_TOOL } from '../../contract/names.ts';

/** Counts the news that the agent has not been told: `silent` waits for another cause, `soon` starts a turn. */
export function untold(entries: readonly Entry[]): { silent: number; soon: number } {
  const told = new Set<number>();
  /** Calls that the conversation carries out itself, in the turn that requests them. */
  const own = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'receipt') for (const seq of entry.of) told.add(seq);
    if (entry.kind === 'call.requested' && entry.tool === CANCEL_TOOL) own.add(entry.call_id);
  }
  const count = { silent: 0, soon: 0 };
  for (const entry of entries) {
    if (told.has(entry.seq)) continue;
    if (entry.kind === 'call.event') count[entry.schedule === 'silent' ? 'silent' : 'soon'] += 1;
    else if (
      entry.kind === 'call.completed' ||
      entry.kind === 'call.failed' ||
      entry.kind === 'call.denied'
    ) {
      if (!own.has(entry.call_id)) count.soon += 1;
    }
  }
  return count;
}

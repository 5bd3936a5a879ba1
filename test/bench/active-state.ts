/** Whether a request to the model shows truly what runs: compared with what the tools themselves wrote down. */
import type { ModelMessage } from '../../model/message.ts';

/** What a tool wrote down: how far it was, in percent. 0 when it began, 100 when it was done. */
export interface NotedProgress {
  call_id: string;
  percent: number;
  /** Milliseconds since 1970, by the clock of this machine. */
  at: number;
}

/** Progress is shown live every 250 ms, then the request is put together and sent. */
export const FRESH_MS = 500;

/**
 * What is wrong with the active state of a request that came at this moment, in words; nothing where all is well:
 * - a call runs that is not in the block, or one is in it that was done more than FRESH_MS before;
 * - a call is shown at less than it was FRESH_MS before, or at more than it is.
 */
export function staleIn(
  messages: readonly ModelMessage[],
  at: number,
  noted: NotedProgress[],
): string[] {
  const shown = new Map(activeCalls(messages).map((call) => [call.call_id, call.percent ?? 0]));
  const problems: string[] = [];
  for (const [call_id, notes] of Map.groupBy(noted, (note) => note.call_id)) {
    const before = (moment: number) => notes.findLast((note) => note.at <= moment)?.percent;
    const atLeast = before(at - FRESH_MS);
    const atMost = before(at);
    const percent = shown.get(call_id);
    if (percent === undefined) {
      if (atLeast !== undefined && atMost !== 100) problems.push(`${call_id} is missing`);
    } else if (atLeast === 100) {
      problems.push(`${call_id} is over`);
    } else if (percent < (atLeast ?? 0)) {
      problems.push(`${call_id} is at ${percent} %, and was at ${atLeast} %`);
    } else if (percent > (atMost ?? 0) + 1) {
      // The step that it is taking is told just before it is noted.
      problems.push(`${call_id} is at ${percent} %, and is at ${atMost ?? 0} %`);
    }
  }
  return problems;
}

interface ActiveCall {
  call_id: string;
  percent?: number;
}

function activeCalls(messages: readonly ModelMessage[]): ActiveCall[] {
  const block = /^<now>(.*)<\/now>$/s.exec(messages.at(-1)?.text ?? '')?.[1];
  return block === undefined ? [] : (JSON.parse(block) as { calls: ActiveCall[] }).calls;
}

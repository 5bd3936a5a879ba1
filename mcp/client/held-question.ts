/** A question that a server waits for on its connection. Any worker may deliver the answer, as a file in the call's folder. */
import { setTimeout as sleep } from 'node:timers/promises';
import { answerIn, type McpAnswer, type McpReport, settle } from '../../tools/mcp-spool.ts';

/**
 * @param folder of the call
 * @param id of the question
 * @param signal aborts when the server no longer waits
 * @returns undefined if the question was withdrawn
 */
export async function waitForAnswer(
  folder: string,
  id: string,
  signal: AbortSignal,
): Promise<McpAnswer | undefined> {
  for (;;) {
    const answer = answerIn(folder, id);
    if (answer) return answer.action === 'withdrawn' ? undefined : answer;
    if (signal.aborted && settle(folder, id, { action: 'withdrawn' })) return undefined;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

const LOOK_MS = 100;

export type HeldQuestion = McpReport & { type: 'asks' };

/** The number of the attempt whose folder it is. */
export const attemptIn = (folder: string) => Number(/attempt-(\d+)$/.exec(folder)?.[1] ?? 0);

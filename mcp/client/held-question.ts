/** A question for whose answer a server waits on its connection. The answer comes as a file, from whichever worker has it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { answerIn, type McpAnswer, type McpReport, settle } from '../../tools/mcp-spool.ts';

/** @param signal aborts when the server no longer waits */
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

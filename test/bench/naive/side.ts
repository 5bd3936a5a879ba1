/** A round of the race bench on the naive loop. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';

import type { RoundPlayer } from '../payment-round.ts';
import { NAIVE_QUEUE } from './worker.ts';
import type { naive } from './workflow.ts';

export function startNaive(client: Client, worker: ChildProcess, modelUrl: string): RoundPlayer {
  const watching = new Map<string, () => void>();
  worker.on('message', (message) => {
    const { watching: id } = message as { watching?: string };
    if (id !== undefined) watching.get(id)?.();
  });

  return {
    async play(round) {
      const workflowId = `naive/${round.name}`;
      const begun = Promise.withResolvers<void>();
      watching.set(workflowId, begun.resolve);
      const run = await client.workflow.signalWithStart<typeof naive, [string]>('naive', {
        taskQueue: NAIVE_QUEUE,
        workflowId,
        args: [modelUrl],
        signal: 'said',
        signalArgs: [`Watch ${round.rates.join(' ')}`],
      });
      await begun.promise;
      watching.delete(workflowId);
      const acknowledged: number[] = [];
      for (const { after_ms, text } of round.messages) {
        await sleep(after_ms);
        await run.signal('said', text);
        acknowledged.push(Date.now());
      }
      await run.signal('said_all', 1 + round.messages.length + round.rates.length);
      return { round, acknowledged, decided: await run.result() };
    },
  };
}

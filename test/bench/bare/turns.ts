/** The floor of a bench: bare workflows, in a worker of their own. */
import { join } from 'node:path';
import type { BenchServers } from '../ground.ts';
import type { BenchTalk } from '../talk.ts';

const QUEUE = 'bare';

export interface Bare {
  /** Begins a talk with the workflow of that id. */
  talk(workflowId: string): BenchTalk;
  /** Resolves when that many installers have ended, which one workflow has begun. */
  install(workflowId: string, calls: number): Promise<void>;
}

/** @param model URL of the model server */
export async function startBare(
  { address, home, temporal, worker }: BenchServers,
  model: string,
): Promise<Bare> {
  const running = await worker('bare/worker.ts', [address, QUEUE]);
  /** By the text of the message: what is to be done once it is answered. */
  const waiting = new Map<string, () => void>();
  running.on('message', ({ answered }: { answered: string }) => waiting.get(answered)?.());
  const talk = (workflowId: string): BenchTalk => ({
    async send(text) {
      const answered = new Promise<void>((resolve) => waiting.set(text, resolve)).then(() => {
        waiting.delete(text);
        return performance.now();
      });
      await temporal.workflow.signalWithStart('bare', {
        taskQueue: QUEUE,
        workflowId,
        args: [model],
        signal: 'message',
        signalArgs: [text],
      });
      return { answered };
    },
  });
  return {
    talk,
    install: (workflowId, calls) =>
      temporal.workflow.execute('bareCrowd', {
        taskQueue: QUEUE,
        workflowId,
        args: [model, calls, join(home, 'bare')],
      }),
  };
}

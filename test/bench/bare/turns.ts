/** The floor of a bench: bare workflows, in a worker of their own. */
import type { BenchServers } from '../ground.ts';
import type { BenchTalk } from '../talk.ts';

const QUEUE = 'bare';

/**
 * @param model URL of the model server
 * @returns what begins a talk with the workflow of that id
 */
export async function startBare(
  { address, temporal, worker }: BenchServers,
  model: string,
): Promise<(workflowId: string) => BenchTalk> {
  const running = await worker('bare/worker.ts', [address, QUEUE]);
  /** By the text of the message: what is to be done once it is answered. */
  const waiting = new Map<string, () => void>();
  running.on('message', ({ answered }: { answered: string }) => waiting.get(answered)?.());
  return (workflowId) => ({
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
}

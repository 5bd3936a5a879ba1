/** The floor of a bench: bare workflows, in a worker of their own. */
import type { ChildProcess } from 'node:child_process';
import type { Client } from '@temporalio/client';
import type { Ground } from '../ground.ts';

/** Milliseconds from the moment before the message is sent. */
export interface Sample {
  /** The sender has its acknowledgement. */
  ack: number;
  /** The stub has the request. */
  model: number;
  /** The workflow has the answer, and the client knows of it. */
  done: number;
}

/** When the model was asked for the next time (performance.now). */
export type Asked = () => Promise<number>;

const QUEUE = 'bare';

/** @param model URL of the model server */
export async function startBare({ address, temporal, worker }: Ground, model: string) {
  return createBare(temporal, await worker('bare/worker.ts', [address, QUEUE]), model);
}

function createBare(client: Client, worker: ChildProcess, model: string) {
  /** By the text of the message: what is to be done once it is answered. */
  const waiting = new Map<string, () => void>();
  worker.on('message', ({ answered }: { answered: string }) => waiting.get(answered)?.());

  /** @param text that no message has which is still to be answered */
  async function send(workflowId: string, text: string) {
    const answered = new Promise<void>((resolve) => waiting.set(text, resolve)).then(() => {
      waiting.delete(text);
      return performance.now();
    });
    await client.workflow.signalWithStart('bare', {
      taskQueue: QUEUE,
      workflowId,
      args: [model],
      signal: 'message',
      signalArgs: [text],
    });
    return { answered };
  }

  return {
    /** @returns once the message is answered */
    async say(workflowId: string, text: string): Promise<void> {
      const { answered } = await send(workflowId, text);
      await answered;
    },
    /** One message at a time. */
    async takeTurn(asked: Asked, text: string): Promise<Sample> {
      const sent = performance.now();
      const { answered } = await send('bare', text);
      const ack = performance.now() - sent;
      return { ack, model: (await asked()) - sent, done: (await answered) - sent };
    },
  };
}

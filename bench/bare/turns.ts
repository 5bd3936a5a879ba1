/** The floor of a bench: the bare workflow, in a worker of its own. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Client } from '@temporalio/client';

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

export const BARE_QUEUE = 'bare';

/** @param worker runs bare/worker.ts */
export function createBare(client: Client, worker: ChildProcess, model: string) {
  return {
    async takeTurn(asked: Asked, text: string): Promise<Sample> {
      const done = once(worker, 'message').then(() => performance.now());
      const sent = performance.now();
      await client.workflow.signalWithStart('bare', {
        taskQueue: BARE_QUEUE,
        workflowId: 'bare',
        args: [model],
        signal: 'message',
        signalArgs: [text],
      });
      const ack = performance.now() - sent;
      return { ack, model: (await asked()) - sent, done: (await done) - sent };
    },
  };
}

/** A worker for the naive loop. Arguments: address of the Temporal server, file for the ledger of payments. */
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { activityInfo } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { AskedCall } from '../../../model/message.ts';
import type { ChatMessage } from './message.ts';

export const NAIVE_QUEUE = 'naive';

function createActivities(client: Client, ledger: string) {
  return {
    async askModel(
      url: string,
      messages: ChatMessage[],
    ): Promise<{ text: string; calls: AskedCall[] }> {
      const response = await fetch(`${url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'stub', messages }),
      });
      if (!response.ok) throw new Error(await response.text());
      const { choices } = (await response.json()) as {
        choices: [{ message: { content: string; tool_calls?: { function: AskedCall }[] } }];
      };
      const { content, tool_calls = [] } = choices[0].message;
      return { text: content, calls: tool_calls.map((call) => call.function) };
    },

    async pay({ reference, call_id }: { reference: string; call_id: string }) {
      const line = { reference, call_id, at: Date.now() };
      await appendFile(ledger, `${JSON.stringify(line)}\n`);
      return { paid: reference };
    },

    /** Tells the conversation a rate after each of the waits. */
    async watchRates(waits_ms: number[]): Promise<void> {
      const { workflowId } = activityInfo().workflowExecution!;
      process.send?.({ watching: workflowId });
      for (const [nth, ms] of waits_ms.entries()) {
        await sleep(ms);
        await client.workflow
          .getHandle(workflowId)
          .signal('said', `<event>{"rate":${nth}}</event>`);
      }
    },

    /** Tells the conversation each of 100 steps, in the words that this service has for it. */
    async takeSteps({
      call_id,
      nth,
      every_ms,
    }: {
      call_id: string;
      nth: number;
      every_ms: number;
    }) {
      const { workflowId } = activityInfo().workflowExecution!;
      const conversation = client.workflow.getHandle(workflowId);
      for (let percent = 1; percent <= 100; percent += 1) {
        await sleep(every_ms);
        const note = `step ${percent} of job ${nth}`;
        const event = { call_id, tool: 'steps', n: percent, percent, note };
        await conversation.signal('said', `<event>${JSON.stringify(event)}</event>`);
      }
    },
  };
}

export type Naive = ReturnType<typeof createActivities>;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [address = '', ledger = ''] = process.argv.slice(2);
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: NAIVE_QUEUE,
    workflowsPath: fileURLToPath(new URL('workflow.ts', import.meta.url)),
    activities: createActivities(new Client({ connection }), ledger),
    bundlerOptions: { ignoreModules: ['node:url'] },
  });
  process.send?.({ ready: true });
  await worker.run();
}

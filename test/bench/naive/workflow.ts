/**
 * An agent loop as it is often written: whatever comes is handled at once. The model is asked with all that has been said so far,
 * its calls are carried out, it is asked again, until it asks for nothing more. It does show the model what has been asked for
 * already, so that only what happens at the same time goes wrong.
 */
import { condition, defineSignal, proxyActivities, setHandler, uuid4 } from '@temporalio/workflow';
import type { ChatMessage, ToolCall } from './message.ts';
import type { Naive } from './worker.ts';

const { askModel, pay, takeSteps, watchRates } = proxyActivities<Naive>({
  startToCloseTimeout: '1m',
});

export const said = defineSignal<[string]>('said');
/** The user has said all, and this many messages there are. */
export const saidAll = defineSignal<[number]>('said_all');

/** @returns what it decided to pay, and when; ends when nothing is under way */
export async function naive(modelUrl: string): Promise<{ call_id: string; at: number }[]> {
  const messages: ChatMessage[] = [];
  const decided: { call_id: string; at: number }[] = [];
  let underWay = 0;
  let heard = 0;
  let expected = Infinity;
  setHandler(said, async (text) => {
    heard += 1;
    await handle(text);
  });
  setHandler(saidAll, (total) => void (expected = total));
  await condition(() => heard >= expected && underWay === 0);
  return decided;

  async function handle(text: string): Promise<void> {
    messages.push({ role: 'user', content: text });
    underWay += 1;
    for (;;) {
      const reply = await askModel(modelUrl, messages);
      const calls = reply.calls.map(({ name, arguments: given }) => {
        const id = `call_${uuid4()}`;
        return { id, type: 'function' as const, function: { name, arguments: given } };
      });
      messages.push({
        role: 'assistant',
        content: reply.text,
        ...(calls.length > 0 && { tool_calls: calls }),
      });
      const results = calls.map(({ id }) => {
        const result = { role: 'tool' as const, tool_call_id: id, content: '{"status":"running"}' };
        messages.push(result);
        return result;
      });
      for (const [i, call] of calls.entries()) results[i]!.content = await run(call);
      if (calls.length === 0) break;
    }
    underWay -= 1;
  }

  async function run({ id, function: { name, arguments: given } }: ToolCall): Promise<string> {
    const input = JSON.parse(given);
    if (name === 'watch') {
      // A long tool: it reports by signals, like a user.
      underWay += 1;
      void watchRates(input.waits_ms).finally(() => (underWay -= 1));
      return '{"status":"running"}';
    }
    if (name === 'steps') {
      underWay += 1;
      void takeSteps({ call_id: id, ...input }).finally(() => (underWay -= 1));
      return '{"status":"running"}';
    }
    decided.push({ call_id: id, at: Date.now() });
    return JSON.stringify(await pay({ reference: input.reference, call_id: id }));
  }
}

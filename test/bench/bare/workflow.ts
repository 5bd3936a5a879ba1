/** The floor: a signal leads to an activity that asks the model, and the waiting caller gets the answer. Nothing else. */
import {
  condition,
  defineSignal,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { askModel, answered } from './worker.ts';

const { askModel: ask } = proxyActivities<{ askModel: typeof askModel }>({
  startToCloseTimeout: '1m',
});
const { answered: tell } = proxyLocalActivities<{ answered: typeof answered }>({
  startToCloseTimeout: '1m',
});

export const message = defineSignal<[string]>('message');

export async function bare(modelUrl: string): Promise<void> {
  const inbox: string[] = [];
  setHandler(message, (text) => void inbox.push(text));
  for (;;) {
    await condition(() => inbox.length > 0);
    const text = inbox.shift()!;
    await ask(modelUrl, text);
    await tell(text);
  }
}

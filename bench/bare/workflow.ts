/** The floor: a signal leads to an activity that asks the model, and nothing else. */
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { askModel } from './worker.ts';

const activities = proxyActivities<{ askModel: typeof askModel }>({ startToCloseTimeout: '1m' });

export const message = defineSignal<[string]>('message');

export async function bare(modelUrl: string): Promise<void> {
  const inbox: string[] = [];
  setHandler(message, (text) => void inbox.push(text));
  for (;;) {
    await condition(() => inbox.length > 0);
    await activities.askModel(modelUrl, inbox.shift()!);
  }
}

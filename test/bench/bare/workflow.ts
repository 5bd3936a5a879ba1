/** The floor: a signal leads to an activity that asks the model, and the waiting caller gets the answer. Nothing else. */
import {
  condition,
  defineSignal,
  executeChild,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { askModel, answered, runInstaller } from './worker.ts';

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

const { runInstaller: install } = proxyActivities<{ runInstaller: typeof runInstaller }>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: '5s',
});

/** The floor of `crowd`: the model asks for calls at once, each a workflow of its own, and is asked again about what they tell. */
export async function bareCrowd(modelUrl: string, calls: number, folder: string): Promise<void> {
  let news = 0;
  let open = calls;
  setHandler(message, () => void (news += 1));
  await ask(modelUrl, 'Hello.');
  const { workflowId } = workflowInfo();
  for (let nth = 0; nth < calls; nth += 1) {
    const id = `${workflowId}/${nth}`;
    void executeChild(bareCall, { workflowId: id, args: [workflowId, folder] }).then(() => {
      open -= 1;
      news += 1;
    });
  }
  for (;;) {
    await condition(() => news > 0 || open === 0);
    if (news === 0) return;
    news = 0;
    await ask(modelUrl, 'News.');
  }
}

export async function bareCall(asker: string, folder: string): Promise<void> {
  await install(asker, folder);
}

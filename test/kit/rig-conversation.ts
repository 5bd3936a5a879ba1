/** A conversation of a rig, spoken to by its signals and updates. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import type { Limits } from '../../contract/limits.ts';
import { conversationWorkflowId, SIGNALS, UPDATES } from '../../contract/names.ts';
import type { AnswerCall, ConversationStart, DecideCall } from '../../contract/signals.ts';
import type { Store } from '../../store/store.ts';
import type { Bus } from '../../stream/bus.ts';
import { createMailbox } from './mailbox.ts';
import { LIMITS } from './story.ts';

interface Where {
  client: Client;
  store: Store;
  bus: Bus;
  taskQueue: string;
}

export interface ConverseOptions {
  workflowTaskTimeout?: Duration;
  replies?: 'external';
  pushes?: ConversationStart['pushes'];
}

export async function converse(
  { client, store, bus, taskQueue }: Where,
  limits: Partial<Limits> = {},
  { workflowTaskTimeout = '10s', replies, pushes }: ConverseOptions = {},
) {
  const key = { tenant: 'default', id: `conv_${randomUUID()}` };
  const start: ConversationStart = {
    conversation: key,
    agent: 'default',
    limits: { ...LIMITS, settle_ms: 0, quiet_ms: 20, grace_ms: 50, ...limits },
    ...(replies && { replies }),
    ...(pushes && { pushes }),
  };
  const handle = await client.workflow.start('conversation', {
    taskQueue,
    workflowId: conversationWorkflowId(key),
    workflowTaskTimeout,
    args: [start],
  });
  const signal = (name: string) => (payload: object) =>
    client.workflow.getHandle(handle.workflowId).signal(name, payload);
  const say = signal(SIGNALS.message);
  return {
    key,
    handle,
    say: (text: string, more: object = {}) =>
      say({ message_id: `msg_${randomUUID()}`, text, ...more }),
    interrupt: signal(SIGNALS.interrupt),
    cancel: signal(SIGNALS.cancelCall),
    close: signal(SIGNALS.close),
    request: signal(SIGNALS.requestCall),
    record: signal(SIGNALS.recordCalls),
    deliver: signal(SIGNALS.deliver),
    acknowledge: signal(SIGNALS.acknowledge),
    decide: (decision: DecideCall) =>
      client.workflow
        .getHandle(handle.workflowId)
        .executeUpdate<void, [DecideCall]>(UPDATES.decideCall, { args: [decision] }),
    answer: (answer: AnswerCall) =>
      client.workflow
        .getHandle(handle.workflowId)
        .executeUpdate<void, [AnswerCall]>(UPDATES.answerCall, { args: [answer] }),
    /** The log, once it has what the probe looks for. */
    async until(what: string, probe: (kinds: string[]) => boolean, after = 0) {
      const found = createMailbox<void>(what);
      const look = async () => {
        const page = await store.entries(key, { after, limit: 10_000 });
        if (page && probe(page.entries.map(({ kind }) => kind))) found.put();
      };
      const unsubscribe = bus.subscribe(key, () => void look());
      await look();
      await found.take().catch(async (error: Error) => {
        const page = await store.entries(key, { after: 0, limit: 10_000 });
        const log = page?.entries.map((entry) => JSON.stringify(entry)).join('\n');
        throw new Error(`${error.message} The log:\n${log}`);
      });
      unsubscribe();
      return (await store.entries(key, { after: 0, limit: 10_000 }))!.entries;
    },
  };
}

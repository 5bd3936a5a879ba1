import type { Client } from '@temporalio/client';
import type { WorkflowInfo } from '@temporalio/workflow';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Writer } from '../store/store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { createResetNotices } from './notice-resets.ts';

const run = { workflowId: 'conversation/default/conv_1', runId: 'new' } as WorkflowInfo;
const byOldRun: Writer = { run_id: 'old', last_seq: 7, status: 'idle', calls: [] };

/** Checks one run, whose log the store says `writer` wrote last. */
function notice(writer: () => Promise<Writer | undefined>, history: () => Promise<object>) {
  const warned: string[] = [];
  const client = {
    options: { namespace: 'default' },
    workflowService: { getWorkflowExecutionHistoryReverse: history },
    workflow: { getHandle: () => ({}) },
  } as unknown as Client;
  const resets = createResetNotices({
    client,
    store: { writer },
    warn: (message) => warned.push(message),
  });
  void resets.sinks.conversation.isReset.fn(run, { tenant: 'default', id: 'conv_1' });
  return { resets, warned };
}

test('a check that fails is retried, with one warning', async () => {
  const { promise: third, resolve } = Promise.withResolvers<void>();
  let checks = 0;
  const { resets, warned } = notice(
    async () => {
      checks += 1;
      if (checks < 3) throw new StoreUnavailable('Not now.', { mayBeDone: false });
      resolve();
      return undefined;
    },
    () => Promise.reject(new Error('Nothing asks for the history.')),
  );
  await third;
  expect(warned).toEqual([expect.stringContaining('Retrying.')]);
  await resets.close();
});

test('a run that Temporal no longer has needs no notice and no warning', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const { resets, warned } = notice(
    async () => byOldRun,
    () => {
      resolve();
      return Promise.reject(Object.assign(new Error('It is gone.'), { code: 5 }));
    },
  );
  await asked;
  await setImmediate();
  expect(warned).toEqual([]);
  await resets.close();
});

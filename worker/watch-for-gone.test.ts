import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { watchForGone } from './watch-for-gone.ts';

const CLOSED_AT = new Date('2001-02-03T04:05:00Z');

test('the first look covers everything, and later ones go by the close times of Temporal, not by the clock of the host', async () => {
  const queries: string[] = [];
  const thirdLook = Promise.withResolvers<void>();
  async function* list({ query }: { query: string }) {
    queries.push(query);
    if (queries.length === 3) thirdLook.resolve();
    // The store has no such conversation, so there is nothing to settle.
    yield {
      workflowId: 'conversation/none',
      runId: 'r1',
      type: 'conversation',
      closeTime: CLOSED_AT,
    };
  }
  const watch = watchForGone({
    client: { workflow: { list } } as unknown as Client,
    store: { writer: async () => undefined },
    taskQueue: 'queue',
    every_ms: 1,
  });
  await thirdLook.promise;
  await watch.close();
  const bounds = queries.slice(0, 3).map((query) => /CloseTime >= '(.*)'/.exec(query)?.[1]);
  expect(bounds).toEqual([undefined, '2001-02-03T04:03:00.000Z', '2001-02-03T04:03:00.000Z']);
});

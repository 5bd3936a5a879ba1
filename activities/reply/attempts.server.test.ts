/** Attempts to ask a model are counted across workers, on a real Temporal server. */
import { Context } from '@temporalio/activity';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createMailbox } from '../../test/kit/mailbox.ts';
import { createRig } from '../../test/kit/rig.ts';
import { withAttempts } from './attempts.ts';

const broken = () => Promise.reject(new TypeError('Nobody foresaw this.'));

test('unexpected errors end a reply after its maximum attempts, and the shutdown of a worker does not count', async () => {
  const rig = await createRig(inject('temporalAddress'));
  onTestFinished(() => rig.close());
  const waiting = createMailbox<void>('an attempt waits');
  let tried = 0;
  const played = {
    generateReply: (request: { attempts: number }) =>
      withAttempts(request.attempts, async () => {
        tried += 1;
        if (tried !== 2) return broken();
        waiting.put();
        return Context.current().cancelled;
      }),
  };
  const first = await rig.startWorker(played);
  const conversation = await rig.converse({ model_attempts: 2 });
  await conversation.say('Hello.');
  await waiting.take();
  first.shutdown();
  const heir = await createRig(rig.address, rig);
  onTestFinished(() => heir.close());
  await heir.startWorker(played);
  await expect
    .poll(async () => (await rig.store.conversation(conversation.key))?.status, { timeout: 45_000 })
    .toBe('idle');
  const { entries } = (await rig.store.entries(conversation.key, { after: 0, limit: 9 }))!;
  expect(entries.at(-1)).toMatchObject({
    kind: 'reply.failed',
    error: { type: 'InternalError', message: expect.stringContaining('TypeError') },
  });
  expect(tried).toBe(3);
});

import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { callWorkflowId, UPDATES } from '../contract/names.ts';
import { asks, count, createRig, type Rig } from '../test/kit/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig(inject('temporalAddress'));
  await rig.startWorker();
});
afterAll(() => rig.close());

/** A conversation with one tool that runs, and a model that has said so. */
async function withRunningTool(limits = {}) {
  const conversation = await rig.converse(limits);
  await conversation.say('install alpha');
  const call = asks('run_installer', { package: 'alpha' });
  (await rig.asked()).says('Starting.', call);
  return { ...conversation, call, tool: await rig.running() };
}

describe('a conversation', () => {
  test('answers a message, and the log says why', async () => {
    const conversation = await rig.converse();
    await conversation.say('hello');
    const { request, says } = await rig.asked();
    expect(request).toMatchObject({ reply_id: 'reply_1', from: 1, to: 2, because: 'message' });
    says('Hello!');
    const log = await conversation.until('it is answered', (k) => k.includes('reply.completed'));
    expect(log.map(({ kind, cause }) => [kind, cause])).toEqual([
      ['message.user', []],
      ['reply.started', [1]],
      ['reply.completed', [2]],
    ]);
  });

  test('goes on while a tool runs, and replies unprompted when there is news', async () => {
    const { say, until, tool } = await withRunningTool();
    await say('and what is a signal?');
    (await rig.asked()).says('A message to a workflow.');
    await tool.tells({ n: 1, percent: 25 });
    const news = await rig.asked();
    expect(news.request).toMatchObject({ because: 'news' });
    expect(news.request.calls).toMatchObject([{ status: 'running' }]);
    news.says('25 %.');
    tool.ends({ type: 'completed', result: 'done' });
    const end = await rig.asked();
    end.says('Installed.');
    const log = await until('both are told', (kinds) => count(kinds, 'receipt') === 2);
    expect(log.findLast(({ kind }) => kind === 'receipt')).toMatchObject({ fate: 'spoken' });
  });

  test('stops a reply at once when the user writes', async () => {
    const conversation = await rig.converse();
    await conversation.say('tell me a story');
    await rig.asked();
    await conversation.say('stop');
    const second = await rig.asked();
    expect(second.request.reply_id).toBe('reply_2');
    second.says('Ok.');
    await conversation.until('it is answered', (k) => k.includes('reply.completed'));
  });

  test('cancels the workflow of a call, whose tool then stops', async () => {
    const { tool, call, cancel, until } = await withRunningTool();
    await cancel({ call_id: call.call_id });
    await tool.cancelled;
    const handle = rig.client.workflow.getHandle(callWorkflowId('default', call.call_id));
    expect(await handle.result()).toEqual({ type: 'cancelled' });
    await until('it is cancelled', (kinds) => kinds.includes('call.cancelled'));
  });

  test('fails a reply visibly and answers the next message', async () => {
    const conversation = await rig.converse();
    await conversation.say('hello');
    (await rig.asked()).fails(ApplicationFailure.nonRetryable('No such key.', 'AuthFailed'));
    const log = await conversation.until('it fails', (kinds) => kinds.includes('reply.failed'));
    expect(log.at(-1)).toMatchObject({ error: { type: 'AuthFailed', message: 'No such key.' } });
    await conversation.say('and now?');
    (await rig.asked()).says('Yes.');
    await conversation.until('it is answered', (k) => k.includes('reply.completed'));
  });

  test('refuses a message that must not wait while it is busy', async () => {
    const conversation = await rig.converse();
    const update = (message_id: string) =>
      conversation.handle.executeUpdate(UPDATES.messageIfIdle, {
        args: [{ message_id, text: 'now or never' }],
      });
    await update('first');
    const reply = await rig.asked();
    await expect(update('second')).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    reply.says('Done.');
    await conversation.until('it is answered', (k) => k.includes('reply.completed'));
    await update('third');
    (await rig.asked()).says('Done.');
    const log = await conversation.until('the third', (k) => count(k, 'reply.completed') === 2);
    expect(log.filter(({ kind }) => kind === 'message.user')).toMatchObject([
      { message_id: 'first' },
      { message_id: 'third' },
    ]);
  });

  test('closes: its workflow ends, its tool is stopped, and the UI can find it by its status', async () => {
    const { tool, close, handle } = await withRunningTool();
    const status = async () => (await handle.describe()).searchAttributes['MeanwhileStatus'];
    expect(await status()).toEqual(['working']);
    await close({});
    await handle.result();
    await tool.cancelled;
    expect(await status()).toEqual(['closed']);
  });
});

describe('a long conversation', () => {
  test('continues as new while its tool runs, and loses nothing', async () => {
    const { say, until, tool, handle, close } = await withRunningTool({ max_history_events: 60 });
    for (let i = 1; i <= 12; i++) {
      await say(`message ${i}`);
      (await rig.asked()).says(`answer ${i}`);
      await until(`answer ${i}`, (kinds) => count(kinds, 'reply.completed') === 2 * i);
      await tool.tells({ n: i, percent: i });
      (await rig.asked()).says(`${i} %`);
      await until(`${i} % is told`, (kinds) => count(kinds, 'receipt') === i);
    }
    tool.ends({ type: 'completed', result: 'done' });
    (await rig.asked()).says('Installed.');
    const log = await until('the end is told', (kinds) => count(kinds, 'receipt') === 13);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
    await expect
      .poll(() => rig.client.workflow.getHandle(handle.workflowId).describe(), { timeout: 20_000 })
      .not.toMatchObject({ runId: handle.firstExecutionRunId });
    await close({});
  });

  test('continues as new under messages back to back, each of which interrupts a reply', async () => {
    const conversation = await rig.converse({ max_history_events: 20 });
    for (let i = 1; i <= 30; i++) {
      await conversation.say(`message ${i}`);
      await rig.asked();
    }
    await conversation.say('the last one');
    (await rig.asked()).says('Done.');
    const log = await conversation.until('it is over', (k) => k.includes('reply.completed'));
    expect(log.filter(({ kind }) => kind === 'message.user')).toHaveLength(31);
    const current = rig.client.workflow.getHandle(conversation.handle.workflowId);
    const { historyLength, runId } = await current.describe();
    expect(runId).not.toBe(conversation.handle.firstExecutionRunId);
    expect(historyLength).toBeLessThan(100);
  });
});

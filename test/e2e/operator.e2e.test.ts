/** What an operator does in Temporal, as a client of the service sees it. */
import { expect, test } from 'vitest';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';

const stage = useStage({ MEANWHILE_DEMO_TOOLS: 'true' });

/** A conversation in which a program runs, and a reply is being given. */
async function busy() {
  const { model } = stage;
  const talk = await stage.talk('Install alpha.');
  const call = asks('run_installer', { package: 'alpha' });
  (await model.asked()).says('Starting.', call);
  const { call_id } = await talk.log.until('it runs', () => talk.log.of('call.started')[0]);
  await talk.say('Tell me a story.');
  await model.asked();
  await talk.log.until('it replies', () => talk.log.of('reply.started').length > 1);
  return { ...talk, call_id };
}

const status = (path: string, init?: RequestInit) =>
  fetch(`${stage.service.url}${path}`, init).then((answer) => answer.status);
const post = (path: string, body?: object) =>
  status(path, {
    method: 'POST',
    ...(body && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });

test.each(['terminated', 'cancelled'])(
  'a conversation that is %s is closed, its streams end, and its program stops',
  async (how) => {
    const { id, log, head, call_id, held } = await busy();
    const workflow = stage.workflows.conversation(id);
    await (how === 'terminated' ? workflow.terminate('by hand') : workflow.cancel());
    const closed = await log.until('it is closed', () => log.of('conversation.closed')[0]);
    expect(closed).toMatchObject({ why: how, actor: { type: 'system', id: 'operator' } });
    expect(await head()).toMatchObject({
      status: 'closed',
      calls: [{ id: call_id, status: 'cancelled' }],
    });
    const path = `/v1/conversations/${id}`;
    const last = { headers: { 'last-event-id': held().lastEventId } };
    await expect.poll(() => status(`${path}/stream`, last), { timeout: 20_000 }).toBe(204);
    expect(await post(`${path}/messages`, { text: 'Hello?' })).toBe(409);
    expect(await post(`${path}/close`)).toBe(202);
    expect(await stage.workflows.call(call_id).result()).toEqual({ type: 'cancelled' });
  },
);

test('a close detects at once that the workflow has ended', async () => {
  const { id, head } = await busy();
  await stage.workflows.conversation(id).terminate('by hand');
  expect(await post(`/v1/conversations/${id}/close`)).toBe(202);
  expect(await head()).toMatchObject({ status: 'closed' });
});

test('a call that is terminated fails, and the agent says so', async () => {
  const { model } = stage;
  const { log, head, call_id, id } = await busy();
  await stage.workflows.call(call_id).terminate('by hand');
  const failed = await log.until('it fails', () => log.of('call.failed')[0]);
  expect(failed).toMatchObject({ call_id, error: { type: 'CallTerminated' } });
  expect((await head()).calls).toMatchObject([{ id: call_id, status: 'failed' }]);
  expect(await post(`/v1/conversations/${id}/interrupt`, { scope: 'reply' })).toBe(202);
  (await model.asked()).says('It was terminated.');
  await log.until('it is told', () => log.of('receipt')[0]);
  expect(await post(`/v1/conversations/${id}/close`)).toBe(202);
});

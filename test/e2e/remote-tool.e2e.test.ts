import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { signPushToken } from '../../security/remote/push-token.ts';
import { createMailbox } from '../kit/mailbox.ts';
import { startStubModel, type StubModel } from '../kit/model-server.ts';
import { type Receiver, startReceiver } from '../kit/receiver.ts';
import { startTestService, type TestService } from '../kit/service.ts';
import { talk, type Talk } from '../kit/talk.ts';
import { wholeResult } from '../kit/whole-result.ts';

const RENDER_SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const PUSH_SECRET = 'what signs push URLs, known to this test';

/** The service of the tools `by_hand` and `silent`: what it is told, a test reads. */
const announced = createMailbox<any>('a call is announced or cancelled');
const hand = createServer((request, response) => {
  void json(request).then((event) => {
    announced.put(event);
    response.writeHead(204).end();
  });
});

let model: StubModel;
let service: TestService;
let receiver: Receiver;

beforeAll(async () => {
  // Asks for what the user names, and has a word for everything after that.
  model = await startStubModel(({ messages }) => {
    if (messages.some(({ role }) => role === 'assistant')) return { text: 'I see.' };
    const wanted = messages.map(({ text }) => /^Use (\w+) (.*)$/.exec(text ?? '')).find(Boolean);
    return { text: 'I begin.', calls: [{ name: wanted![1]!, arguments: wanted![2]! }] };
  });
  await once(hand.listen(0, '127.0.0.1'), 'listening');
  const port = String(await getPort());
  receiver = await startReceiver({ PORT: port, RENDER_SECRET, FRAME_MS: '100' });
  service = await startTestService({
    temporal: inject('temporalAddress'),
    env: {
      OPENAI_BASE_URL: model.url,
      MEANWHILE_EXTENSIONS: fileURLToPath(new URL('remote-extensions', import.meta.url)),
      MEANWHILE_ALLOW_PRIVATE_URLS: 'true',
      MEANWHILE_SECRET: PUSH_SECRET,
      MEANWHILE_MAX_RESULT_BYTES: '10000',
      MEANWHILE_INLINE_RESULT_BYTES: '4000',
      MEANWHILE_GRACE_MS: '0',
      RENDER_SECRET,
      RENDER_URL: `http://127.0.0.1:${port}/`,
      BY_HAND_URL: `http://127.0.0.1:${(hand.address() as AddressInfo).port}/`,
    },
  });
});
afterEach((context) => service.explain(context));
afterAll(async () => {
  await receiver?.remove();
  await service?.remove();
  await model?.close();
  hand.close();
});

const use = (tool: string, input: object = {}) =>
  talk(service.client, `Use ${tool} ${JSON.stringify(input)}`);

const ended = (talk: Talk) =>
  talk.log.until('the call is over', () =>
    talk.log.entries.find(({ kind }) => /^call\.(completed|failed|cancelled)$/.test(kind)),
  );

async function push(url: string, event: object) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  return { status: answer.status, body: (await answer.json()) as any };
}

/** A call whose service is this test. */
async function byHand() {
  const conversation = await use('by_hand');
  const { type, data } = await announced.take();
  expect(type).toBe('call.requested');
  return { ...conversation, url: data.push_url as string, call_id: data.call_id as string };
}

describe('the service of the example', () => {
  test('pushes progress, which is told, and its return value is the result', async () => {
    const conversation = await use('render_video', { frames: 8 });
    expect(await ended(conversation)).toMatchObject({
      kind: 'call.completed',
      result: { frames: 8 },
    });
    const events = conversation.log.of('call.event');
    expect(events.flatMap(({ percent }) => percent ?? [])).toEqual([25, 62.5, 75, 100]);
    expect(events.find(({ event }) => event === 'result')).toMatchObject({
      data: { preview: 'frame-4.png' },
      pushed_n: 4,
    });
    await conversation.log.until('what it did is told', () =>
      conversation.log.of('receipt').find(({ fate }) => fate === 'spoken'),
    );
    expect(await receiver.said()).toMatch(/^done /);
  });

  test('continues where it was killed, and nothing is told twice', async () => {
    const conversation = await use('render_video', { frames: 40 });
    await conversation.log.until('the first milestone', () => conversation.log.of('call.event')[0]);
    await receiver.kill9();
    await receiver.start();
    expect(await ended(conversation)).toMatchObject({ result: { frames: 40 } });
    const events = conversation.log.of('call.event');
    expect(events.map(({ n }) => n)).toEqual(events.map((_, i) => i + 1));
    expect(events.map(({ pushed_n }) => pushed_n)).toEqual([10, 20, 21, 30, 40]);
    for (const event of events) expect(event).not.toHaveProperty('missing');
    expect(await receiver.said()).toMatch(/^done /);
  });

  test('stops when the call is cancelled, and nothing of the call is told after that', async () => {
    const conversation = await use('render_video', { frames: 10_000 });
    const started = await conversation.log.until(
      'it runs',
      () => conversation.log.of('call.started')[0],
    );
    await conversation.log.until('it is heard of', () =>
      conversation.items.find((item) => item.type === 'progress'),
    );
    await conversation.post(`calls/${started.call_id}/cancel`);
    expect(await ended(conversation)).toMatchObject({ kind: 'call.cancelled' });
    expect(await receiver.said()).toBe(`cancelled ${started.call_id}`);
  });
});

test('repeated events change nothing, gaps are noted, and late events are still told', async () => {
  const conversation = await byHand();
  const { url } = conversation;
  const result = (n: number) => ({ n, kind: 'result', data: `part ${n}` });
  for (const n of [1, 3, 1, 3, 2]) {
    expect(await push(url, result(n))).toEqual({ status: 202, body: { n } });
  }
  expect(await push(url, { ...result(2), data: 'another' })).toMatchObject({
    status: 409,
    body: { code: 'push_conflict' },
  });
  const done = { n: 4, kind: 'done' };
  expect((await push(url, done)).status).toBe(202);
  expect(await ended(conversation)).toMatchObject({ kind: 'call.completed' });
  expect(
    conversation.log
      .of('call.event')
      .map(({ n, pushed_n, missing, data }) => [n, pushed_n, missing, data]),
  ).toEqual([
    [1, 1, undefined, 'part 1'],
    [2, 3, [2], 'part 3'],
    [3, 2, undefined, 'part 2'],
  ]);
  // After the end: what was taken is answered as before, what is new is not taken.
  // A new number each time: one that came before the call's workflow had closed is answered as taken for ever.
  let n = 9;
  await expect.poll(() => push(url, result(n++))).toMatchObject({ body: { code: 'call_over' } });
  expect(await push(url, done)).toEqual({ status: 202, body: { n: 4 } });
});

test('forged and too large pushes are refused, pushes past the clock limit are not, and the call continues', async () => {
  const conversation = await byHand();
  const { url, call_id, id } = conversation;
  const event = { n: 1, kind: 'result', data: 1 };
  const at = (secret: string, expires_at: number) => {
    const claims = { tenant: 'default', conversation: id, call_id, expires_at };
    return `${service.url}/v1/call-events/${signPushToken(secret, claims)}`;
  };
  const later = Date.now() + 3_600_000;
  const another = 'a secret that somebody else made up';
  expect(await push(at(another, later), event)).toMatchObject({ status: 401 });
  expect(await push(url.slice(0, -3), event)).toMatchObject({ status: 401 });
  const large = { ...event, data: 'x'.repeat(10_000) };
  expect(await push(url, large)).toMatchObject({ status: 413 });
  expect(await push(url, { ...event, n: -1 })).toMatchObject({ status: 400 });
  const overdue = at(PUSH_SECRET, 1);
  expect(await push(overdue, { n: 1, kind: 'done', data: 'fine' })).toMatchObject({ status: 202 });
  expect(await ended(conversation)).toMatchObject({ kind: 'call.completed', result: 'fine' });
  // The end is in the log before the call's workflow has closed. A new number each time, as above.
  let n = 2;
  await expect
    .poll(() => push(overdue, { ...event, n: n++ }))
    .toMatchObject({ status: 410, body: { code: 'push_url_expired' } });
  expect(conversation.log.of('call.event')).toEqual([]);
});

test('a large result has its beginning in the log and is stored complete', async () => {
  const conversation = await byHand();
  const { url } = conversation;
  const [part, whole] = [{ frames: Array(2_000).fill(7) }, 'é'.repeat(3_000)];
  expect(await push(url, { n: 5, kind: 'result', data: part })).toMatchObject({ status: 202 });
  expect(await push(url, { n: 6, kind: 'done', data: whole })).toMatchObject({ status: 202 });
  const end = await ended(conversation);
  const [event] = conversation.log.of('call.event');
  expect(event).toMatchObject({ n: 1, pushed_n: 5, stored: { n: 5, bytes: 4_012 } });
  expect(end).toMatchObject({ result: null, stored: { n: 'end', head: 'é'.repeat(2_000) } });
  expect(await wholeResult(service.client, conversation.id, event!)).toEqual(part);
  const [completed] = conversation.log.of('call.completed');
  expect(await wholeResult(service.client, conversation.id, completed!)).toBe(whole);
});

test('a silent service fails its call with a reason, and the failure is told', async () => {
  const conversation = await use('silent');
  const requested = await announced.take();
  const message = 'The service of silent has sent nothing for 0.3 seconds.';
  expect(await ended(conversation)).toMatchObject({
    kind: 'call.failed',
    error: { type: 'Silent', message },
  });
  expect(await announced.take()).toMatchObject({
    type: 'call.cancelled',
    data: { call_id: requested.data.call_id, reason: message },
  });
});

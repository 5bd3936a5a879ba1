import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { beforeEach, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import { connectSse } from '../test/kit/sse-client.ts';

let api: TestApi;
let url: URL;
beforeEach(async () => {
  api = await createTestApi({ grace_ms: 200 });
  const { id } = await api.begin();
  url = new URL(`${await api.listen()}/v1/conversations/${id}/messages`);
});

async function open(): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname);
  await once(socket, 'connect');
  // The server knows of it once it has answered another that came after it.
  await fetch(`${url.origin}/healthz`, { headers: { connection: 'close' } });
  return socket;
}

const body = JSON.stringify({ text: 'Hello' });
const head = () =>
  `POST ${url.pathname} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;

/** All data until the connection ends. */
async function answerOn(socket: Socket): Promise<string> {
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  await once(socket, 'close');
  return answer;
}
const TAKEN = /^HTTP\/1\.1 202 [^]*connection: close\r\n[^]*"message_id"/i;

test('closing does not wait for a connection without a request', async () => {
  const silent = await open();
  const ended = once(silent, 'close');
  await api.app.close();
  await ended;
  expect(silent.destroyed).toBe(true);
});

test('closing waits for a request in flight, whose connection then ends', async () => {
  const reached = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<'sent'>();
  api.gateway.message = async () => {
    reached.resolve();
    return answered.promise;
  };
  const socket = await open();
  const answer = answerOn(socket);
  socket.write(head() + body);
  await reached.promise;
  const closed = api.app.close();
  await expect.poll(() => api.app.server.listening).toBe(false);
  answered.resolve('sent');
  expect(await answer).toMatch(TAKEN);
  await closed;
});

test.each([
  [
    'half of the head of a request has arrived',
    () => [head().slice(0, 40), head().slice(40) + body],
  ],
  ['half of its body has arrived', () => [head() + body.slice(0, 5), body.slice(5)]],
])('closing waits when %s', async (_, parts) => {
  const [before, after] = parts();
  const socket = await open();
  const answer = answerOn(socket);
  socket.write(before!);
  await fetch(`${url.origin}/healthz`, { headers: { connection: 'close' } });
  const closed = api.app.close();
  await expect.poll(() => api.app.server.listening).toBe(false);
  socket.write(after!);
  expect(await answer).toMatch(TAKEN);
  await closed;
});

test.each([
  ['without an earlier request', false],
  ['that was kept alive', true],
])(
  'a request on a connection %s is still answered during the drain, and ends the connection',
  async (_, kept) => {
    const socket = await open();
    if (kept) {
      socket.write(head() + body);
      const [first] = await once(socket, 'data');
      expect(String(first)).toMatch(/connection: keep-alive/i);
    }
    const answer = answerOn(socket);
    const closed = api.app.close();
    socket.write(head() + body);
    expect(await answer).toMatch(TAKEN);
    await closed;
  },
);

test('a stream opened during the drain ends at once', async () => {
  const socket = await open();
  const closed = api.app.close();
  const answer = answerOn(socket);
  socket.write(
    `GET ${url.pathname.replace('messages', 'stream')} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
  );
  expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*retry: 1000\n\n[^]*0\r\n\r\n$/);
  await closed;
});

test('an open stream ends at once when the drain begins', async () => {
  await api.app.inject({ method: 'POST', url: url.pathname, payload: { text: 'Hello' } });
  const reader = await connectSse(url.href.replace('messages', 'stream'));
  const closed = api.app.close();
  expect(await reader.rest()).toEqual([]);
  await closed;
});

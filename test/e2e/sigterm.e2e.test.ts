/** Requests in flight when the service is told to stop are answered, and accepted messages are in the log after the next start. */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { startTestService, type TestService } from '../kit/service.ts';
import { follow, talk } from '../kit/talk.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ temporal: inject('temporalAddress') });
});
afterEach((test) => service.explain(test));
afterAll(() => service.remove());

interface Answer {
  status: number;
  message_id: string;
  /** The header `connection`. */
  connection: string | undefined;
}

async function post(url: string, agent: Agent, text: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const sent = request(url, { agent, method: 'POST', headers });
  sent.end(JSON.stringify({ text, when_busy: 'queue' }));
  const [response]: IncomingMessage[] = await once(sent, 'response');
  let body = '';
  for await (const piece of response!.setEncoding('utf8')) body += piece;
  const { statusCode, headers: answered } = response!;
  return { status: statusCode!, connection: answered.connection, ...JSON.parse(body) };
}

/** Sends messages over one connection until an answer closes it. Fails if the connection breaks. */
async function talkOn(url: string, lane: number): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answers: Answer[] = [];
  do answers.push(await post(url, agent, `${lane}.${answers.length}`));
  while (answers.at(-1)!.connection !== 'close');
  return answers;
}

/** Sends a request up to the position `cut`, as on a slow network. @returns a function that sends the rest, and the status */
async function halfSent(url: URL, cut: (head: string, body: string) => number) {
  const body = JSON.stringify({ text: 'slowly', when_busy: 'queue' });
  const head = `POST ${url.pathname} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const socket: Socket = connect(Number(url.port), url.hostname);
  await once(socket, 'connect');
  const at = cut(head, body);
  socket.write((head + body).slice(0, at));
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  return async () => {
    socket.write((head + body).slice(at));
    await once(socket, 'close');
    return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
  };
}

test('every request in flight at SIGTERM is answered, and every accepted message is in the log', async () => {
  const { id, log } = await talk(service.client);
  await log.close();
  const url = new URL(`${service.url}/v1/conversations/${id}/messages`);
  const lanes = Array.from({ length: 6 }, (_, lane) => talkOn(url.href, lane));
  const slow = await Promise.all([
    halfSent(url, (head) => head.length / 2),
    halfSent(url, (head, body) => head.length + body.length / 2),
    halfSent(url, () => 0),
  ]);
  await talk(service.client, 'hello');

  const stopped = service.stop();
  await vi.waitFor(() => expect(service.output()).toContain('Stopping'), 10_000);
  expect(await Promise.all(slow.map((goOn) => goOn()))).toEqual([202, 202, 202]);
  const answers = (await Promise.all(lanes)).flat();
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  expect(await stopped).toBe(0);

  await service.start();
  const after = follow(service.client, id);
  const ids = () => new Set(after.log.of('message.user').map(({ message_id }) => message_id));
  await after.log.until('all are there', () =>
    answers.every(({ message_id }) => ids().has(message_id)),
  );
  await after.log.close();
});

/** Whether a connection to a model server can be used again. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { afterEach, expect, test } from 'vitest';
import { all, never, request } from '../../test/kit/model-request.ts';
import { createModelClient } from '../client.ts';
import type { ModelApi } from '../message.ts';

const events: Record<ModelApi, (object | string)[]> = {
  chat: [{ choices: [{ delta: { content: 'Yes.' }, finish_reason: 'stop' }] }, '[DONE]'],
  responses: [
    { type: 'response.output_text.delta', delta: 'Yes.' },
    { type: 'response.completed', response: { status: 'completed', output: [] } },
  ],
};

let close = () => {};
afterEach(() => close());

/** Sends its whole answer, but leaves it to `ends` to end it. */
async function startServer(api: ModelApi) {
  const sockets = new Set<Socket>();
  let last: ServerResponse | undefined;
  const server = createServer((asked, response) => {
    sockets.add(asked.socket);
    last = response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events[api]) {
      response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => {
    server.close();
    server.closeAllConnections();
  };
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createModelClient({ api, baseURL });
  return {
    ask: () => all(client.stream(request, never)),
    sockets,
    last: () => last!,
  };
}

test.each(['chat', 'responses'] as const)(
  'a connection is kept when the server ends its answer after the last event (%s)',
  async (api) => {
    const { ask, sockets, last } = await startServer(api);
    await ask();
    const ended = finished(last());
    last().end();
    await ended;
    await ask();
    expect([...sockets].map(({ destroyed }) => destroyed)).not.toContain(true);
  },
);

test('a connection is closed when the server does not end its answer', async () => {
  const { ask, last } = await startServer('chat');
  expect(await ask()).toMatchObject([{ text: 'Yes.' }, { kind: 'done' }]);
  await once(last(), 'close');
  expect(last().writableFinished).toBe(false);
});

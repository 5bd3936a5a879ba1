import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { ForbiddenAddress, post, type PostOptions } from './request.ts';

const open: Server[] = [];
afterEach(() => open.splice(0).forEach((server) => server.close().closeAllConnections()));

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  open.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

const send = (url: string, more: Partial<PostOptions> = {}) =>
  post(url, { headers: {}, body: '{}', timeout_ms: 10_000, allowPrivate: true, ...more });

/** A resolver with one fixed answer. */
const resolvesTo = (...addresses: string[]) =>
  ((_name: string, _options: object, done: (error: null, found: object[]) => void) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as PostOptions['lookup'];

test('the body is sent, and the beginning of the answer is returned', async () => {
  const bodies: string[] = [];
  const port = await listen((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      response.writeHead(429, { 'retry-after': '7' }).end('x'.repeat(100_000));
    });
  });
  const answer = await send(`http://127.0.0.1:${port}/hook`, { body: '{"a":"ä"}' });
  expect(bodies).toEqual(['{"a":"ä"}']);
  expect(answer).toEqual({ status: 429, retryAfter: '7', text: 'x'.repeat(500) });
});

test('a redirect is returned as the answer and is not followed', async () => {
  const paths: (string | undefined)[] = [];
  const port = await listen((request, response) => {
    paths.push(request.url);
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  expect((await send(`http://127.0.0.1:${port}/hook`)).status).toBe(307);
  expect(paths).toEqual(['/hook']);
});

test('a request to a service that does not answer in time is aborted', async () => {
  const port = await listen(() => {});
  await expect(send(`http://127.0.0.1:${port}/`, { timeout_ms: 20 })).rejects.toThrow(/abort/);
});

test.each([
  ['10.0.0.7'],
  ['169.254.169.254'],
  ['::1'],
  ['::ffff:127.0.0.1'],
  // One bad address among good ones is enough.
  ['93.184.215.14', '192.168.0.1'],
])('a name that resolves to %s is not called', async (...addresses) => {
  const calling = send('http://tools.example.com/', {
    allowPrivate: false,
    lookup: resolvesTo(...addresses),
  });
  await expect(calling).rejects.toThrow(ForbiddenAddress);
  await expect(calling).rejects.toThrow(`tools.example.com leads to ${addresses.at(-1)}`);
});

test('nothing is sent to a private address in the URL itself', async () => {
  let asked = 0;
  const port = await listen((_, response) => void response.end(`${(asked += 1)}`));
  for (const host of ['127.0.0.1', '0x7f.1', 'localhost', '[::ffff:127.0.0.1]']) {
    await expect(send(`http://${host}:${port}/`, { allowPrivate: false })).rejects.toThrow(
      ForbiddenAddress,
    );
  }
  expect(asked).toBe(0);
});

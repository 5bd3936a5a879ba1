import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Proxy, startProxy } from './proxy.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** Answers each word with itself. */
async function startEcho() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  open.push({ close });
  return { port: (server.address() as AddressInfo).port, sockets };
}

async function startProxied(): Promise<{ proxy: Proxy; sockets: Set<Socket> }> {
  const { port, sockets } = await startEcho();
  const proxy = await startProxy({ host: '127.0.0.1', port });
  open.push(proxy);
  return { proxy, sockets };
}

function dial({ port }: Proxy) {
  const socket = connect({ port, host: '127.0.0.1' }).setEncoding('utf8');
  socket.on('error', () => {});
  open.push({ close: () => socket.destroy() });
  return socket;
}

/** `once` would take a reset for a failure of the test. */
const gone = (socket: Socket) =>
  new Promise<void>((resolve) => socket.once('close', () => resolve()));
const answer = async (socket: Socket) => (await once(socket, 'data'))[0] as string;
/** Long enough for what is not held back to arrive. */
const aRoundTrip = async (proxy: Proxy) => {
  const probe = dial(proxy);
  probe.write('probe');
  return answer(probe);
};

test('passes bytes both ways', async () => {
  const { proxy } = await startProxied();
  const socket = dial(proxy);
  socket.write('hello');
  expect(await answer(socket)).toBe('hello');
});

test('data sent during silence arrives after it, on the same connection', async () => {
  const { proxy } = await startProxied();
  const { proxy: other } = await startProxied();
  const socket = dial(proxy);
  socket.write('before');
  expect(await answer(socket)).toBe('before');

  const mend = proxy.cut('silent');
  const heard: string[] = [];
  socket.on('data', (text) => void heard.push(String(text)));
  socket.write('into silence');
  await aRoundTrip(other);
  expect(heard).toEqual([]);
  mend();
  expect(await answer(socket)).toBe('into silence');
});

test('a connection opened during silence is established after it', async () => {
  const { proxy } = await startProxied();
  const mend = proxy.cut('silent');
  const socket = dial(proxy);
  await once(socket, 'connect');
  socket.write('knock');
  mend();
  expect(await answer(socket)).toBe('knock');
});

test('a closed peer is noticed only after the silence', async () => {
  const { proxy, sockets } = await startProxied();
  const { proxy: other } = await startProxied();
  const socket = dial(proxy);
  socket.write('hello');
  await answer(socket);
  const mend = proxy.cut('silent');
  for (const one of sockets) one.resetAndDestroy();
  await aRoundTrip(other);
  expect(socket.closed).toBe(false);
  const closed = gone(socket);
  mend();
  socket.write('is anybody there?');
  await closed;
});

test('a refusing network ends connections, and accepts none until all cuts are over', async () => {
  const { proxy } = await startProxied();
  const socket = dial(proxy);
  socket.write('hello');
  await answer(socket);
  const closed = gone(socket);
  const [mend, mendToo] = [proxy.cut('refused'), proxy.cut('silent')];
  await closed;
  await gone(dial(proxy));
  mend();
  const knocking = dial(proxy);
  knocking.write('knock');
  mendToo();
  expect(await answer(knocking)).toBe('knock');
});

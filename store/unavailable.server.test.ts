/** A database that is unavailable in every way: dead, unreachable, frozen, full, starting. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startPostgresServer, type TestPostgresServer } from '../test/kit/postgres.ts';
import { openStore } from './open.ts';
import { batch, message, someone } from '../test/store/samples.ts';
import type { Store } from './store.ts';
import { StoreUnavailable } from './unavailable.ts';

let server: TestPostgresServer;
let store: Store;
let wire: Awaited<ReturnType<typeof startWire>>;
beforeAll(async () => {
  server = await startPostgresServer();
  wire = await startWire(Number(new URL(server.url).port));
  store = await openStore({ url: wire.url(server.url), folder: '' });
});
afterAll(async () => {
  await store.close();
  await wire.close();
  await server.stop();
});

/** A proxy that can drop all packets, like a partitioned network. */
async function startWire(port: number) {
  let isCut = false;
  const sockets = new Set<Socket>();
  const proxy: Server = createServer((inner) => {
    const outer = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => to.destroy());
      from.on('data', (bytes) => void (isCut || dead.has(inner) || to.write(bytes)));
    }
    if (isCut) dead.add(inner);
  });
  /** Connections that were open during the cut stay dead, as if their packets had been lost for good. */
  const dead = new Set<Socket>();
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url(direct: string) {
      const url = new URL(direct);
      url.port = String((proxy.address() as AddressInfo).port);
      return url.href;
    },
    cut() {
      isCut = true;
      for (const socket of sockets) dead.add(socket);
    },
    mend: () => void (isCut = false),
    async close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

/** Sends several calls at once, so that several connections are opened. */
const askAll = () =>
  Promise.allSettled(Array.from({ length: 12 }, () => store.conversation(someone())));

async function expectAway() {
  for (const answer of await askAll()) {
    expect(answer.status === 'rejected' && answer.reason).toBeInstanceOf(StoreUnavailable);
  }
}
/** Retries for up to 10 s, since the store checks a few times a second whether the server is back. */
async function expectThere() {
  await vi.waitFor(() => store.conversation(someone()), 10_000);
  for (const answer of await askAll()) expect(answer.status).toBe('fulfilled');
}

test('every call ends while the server is frozen, and all succeed when it resumes', async () => {
  await expectThere();
  server.freeze();
  await expectAway();
  // Soon the store knows that, and calls fail without a wait.
  await vi.waitFor(
    () => expect(store.conversation(someone())).rejects.toThrow('The store is unavailable.'),
    10_000,
  );
  await expectAway();
  server.thaw();
  await expectThere();
});

test('a network that drops everything is noticed, and so are the connections that it has broken', async () => {
  await expectThere();
  wire.cut();
  // A single call takes only the first connection; the idle ones are broken, too.
  await expect(store.conversation(someone())).rejects.toBeInstanceOf(StoreUnavailable);
  wire.mend();
  await expectThere();
});

test('every call ends at once while the server is dead, and all succeed when it is back', async () => {
  process.kill(server.pid()!, 'SIGKILL');
  // Its backends answer until they notice that it is gone.
  await vi.waitFor(expectAway, 10_000);
  await server.restart();
  await expectThere();
});

test('a write in flight during an outage may be done, and a repeat takes effect once', async () => {
  const one = someone();
  const first = batch(one, [1, 1], 1, [message(1, 'a')]);
  server.freeze();
  const error = await store.record(first).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'StoreUnavailable', mayBeDone: expect.any(Boolean) });
  server.thaw();
  await expectThere();
  expect(await store.record(first)).toMatchObject({ outcome: 'recorded', said: {} });
  expect(await store.window(one, { from: 1, to: 9 })).toEqual([message(1, 'a')]);
});

test('the server cancels a statement that waits too long for another, and its connection stays usable', async () => {
  const one = someone();
  await store.record(batch(one, [1, 1], 1, [message(1, 'a')]));
  const other = new pg.Client({ connectionString: server.url });
  await other.connect();
  await other.query('begin');
  await other.query('select from conversations where id = $1 for update', [one.id]);
  const next = batch(one, [1, 2], 2, [message(2, 'b')]);
  await expect(store.record(next)).rejects.toMatchObject({
    name: 'StoreUnavailable',
    mayBeDone: false,
    cause: { code: '57014' },
  });
  await other.query('rollback');
  await other.end();
  expect(await store.record(next)).toMatchObject({ outcome: 'recorded' });
});

test('an invalid query is not reported as an unavailable store', async () => {
  const one = { tenant: 'a\u0000b', id: 'c' };
  const error = await store.conversation(one).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(StoreUnavailable);
});

test('a store can be closed while its server is frozen', async () => {
  const other = await openStore({ url: server.url, folder: '' });
  await other.conversation(someone());
  server.freeze();
  await other.close();
  server.thaw();
});

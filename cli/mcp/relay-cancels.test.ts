/** What the relay makes of `notifications/cancelled`, which a client sends when a person stops a call and when it times out. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import getPort from 'get-port';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { useMcp } from '../../test/kit/mcp-stage.ts';
import { startRelay } from '../../test/kit/started-relay.ts';

const stage = useMcp();
const ECHO = { name: 'echo', arguments: { words: 'hi' } };
const url = () => `${stage.url}/mcp/tools`;

beforeEach(async () => {
  await stage.api.app.close();
  await stage.open(60_000, { grace_ms: 60_000 });
});

const entries = async () =>
  (await stage.api.store.entries(await stage.only(), { after: 0, limit: 99 }))!.entries;
const kinds = async () => (await entries()).map(({ kind }) => kind);
const isRunning = () =>
  vi.waitFor(
    async () => expect(await kinds()).toEqual(['call.requested', 'call.started']),
    PATIENCE_MS,
  );
/** A busy machine takes its time. */
const PATIENCE_MS = 10_000;
const CANCELLED = ['call.requested', 'call.started', 'call.cancelled'];

describe('a call', () => {
  test('that its client cancels is cancelled in the name of the client, and not answered', async () => {
    const client = startRelay(url(), { thread: 'thread_1' });
    client.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'claude-code', version: '1' },
    });
    await client.answer();
    const id = client.request('tools/call', ECHO);
    await isRunning();
    client.cancels(id);
    await vi.waitFor(
      async () => expect((await kinds()).at(-1)).toBe('call.cancelled'),
      PATIENCE_MS,
    );
    expect((await entries()).at(-1)).toMatchObject({ actor: { id: 'client:claude-code' } });
    const later = client.request('ping');
    expect((await client.answer()).id).toBe(later);
    expect(client.notes).toEqual([]);
  });

  test('is cancelled though its client closes right after that', async () => {
    const client = startRelay(url(), { thread: 'thread_1' });
    const id = client.request('tools/call', ECHO);
    await isRunning();
    client.cancels(id);
    client.input.end();
    await client.running;
    expect(await kinds()).toEqual(CANCELLED);
  });

  test('goes on if its client only closes', async () => {
    const client = startRelay(url(), { thread: 'thread_1' });
    client.request('tools/call', ECHO);
    await isRunning();
    client.input.end();
    await client.running;
    expect(await kinds()).toEqual(['call.requested', 'call.started']);
  });

  test('is cancelled once the service is back, as of the moment when its client cancelled it', async () => {
    const heard: IncomingHttpHeaders[] = [];
    const server = createServer(({ headers }, response) => {
      heard.push(headers);
      const isCancel = headers['meanwhile-cancelled-after'] !== undefined;
      if (isCancel && heard.length === 2) response.destroy();
      else if (isCancel) response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} }));
    });
    const port = await getPort();
    server.listen(port, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const client = startRelay(`http://127.0.0.1:${port}/mcp`, { thread: 'thread_1' });
    const id = client.request('tools/call', ECHO);
    await vi.waitFor(() => expect(heard).toHaveLength(1), PATIENCE_MS);
    client.cancels(id);
    await vi.waitFor(() => expect(heard).toHaveLength(3), PATIENCE_MS);
    const [request, broken, repeated] = heard;
    for (const each of [broken, repeated]) {
      expect(each).toMatchObject({
        'idempotency-key': request!['idempotency-key'],
        'meanwhile-thread': 'thread_1',
        'meanwhile-cancelled-after': broken!['meanwhile-cancelled-after'],
      });
    }
    expect(client.notes).toEqual([]);
  });
});

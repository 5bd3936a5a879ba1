import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { useMcp, words } from '../../test/kit/mcp-stage.ts';
import { startRelay } from '../../test/kit/started-relay.ts';

const stage = useMcp();
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const MODERN = {
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {
      extensions: { 'io.modelcontextprotocol/tasks': {} },
    },
  },
};
const HASTY = { opening: 300, working: 300 };

describe('the relay', () => {
  test('passes requests and answers of both protocol eras, in any order', async () => {
    const client = startRelay(`${stage.url}/mcp`);
    client.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    });
    expect((await client.answer()).result).toMatchObject({ protocolVersion: '2025-11-25' });
    client.write({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const slow = client.request('tools/call', {
      name: 'ask_default',
      arguments: { text: 'Hello' },
    });
    const quick = client.request('tools/list', MODERN);
    expect((await client.answer()).id).toBe(quick);
    await vi.waitFor(stage.only);
    await stage.played.play((story) => story.model('Hi.'));
    const { id, result } = await client.answer();
    expect([id, words(result)[0]]).toEqual([slow, 'Hi.']);
  });

  test('passes tasks and subscriptions', async () => {
    const client = startRelay(`${stage.url}/mcp`);
    client.request('tools/call', { name: 'ask_default', arguments: { text: 'Hello' }, ...MODERN });
    const { taskId } = (await client.answer()).result;
    client.request('subscriptions/listen', { notifications: { taskIds: [taskId] }, ...MODERN });
    expect(await client.answer()).toMatchObject({
      method: 'notifications/subscriptions/acknowledged',
    });
    expect(await client.answer()).toMatchObject({ method: 'notifications/tasks' });
    client.request('tasks/get', { taskId, ...MODERN });
    expect((await client.answer()).result).toMatchObject({ taskId, status: 'working' });
  });

  test('does not answer a request that its client has cancelled, and stops no work', async () => {
    const client = startRelay(`${stage.url}/mcp`);
    const requestId = client.request('tools/call', {
      name: 'ask_default',
      arguments: { text: 'Hello' },
    });
    await vi.waitFor(stage.only);
    client.cancels(requestId);
    await stage.startsCall();
    const later = client.request('ping');
    expect((await client.answer()).id).toBe(later);
    expect((await stage.api.store.conversation(await stage.only()))?.calls).toMatchObject([
      { status: 'running' },
    ]);
  });

  test('answers a line that is not JSON with an error', async () => {
    const client = startRelay(`${stage.url}/mcp`);
    client.write('{');
    expect(await client.answer()).toMatchObject({ id: null, error: { code: -32_700 } });
  });

  test('reports that another server is at the address', async () => {
    const client = startRelay(`${stage.url}/docs`);
    const id = client.request('ping');
    expect(await client.answer()).toMatchObject({
      id,
      error: { message: expect.stringContaining('is not an MCP endpoint: it answered') },
    });
  });

  test('ends with its client, even if a request is in flight', async () => {
    const client = startRelay(`${stage.url}/mcp`);
    client.request('tools/call', { name: 'ask_default', arguments: { text: 'Hello' } });
    await vi.waitFor(stage.only);
    client.input.end();
    await client.running;
  });
});

describe('while the service is unreachable', () => {
  test('a request times out with an error, and a call of a tool with a result that the model reads', async () => {
    const { url } = await away();
    const client = startRelay(url, { patience: HASTY });
    client.request('initialize');
    const message = expect.stringMatching(
      /^No Meanwhile service answers at .*meanwhile start.*--url/,
    );
    expect(await client.answer()).toMatchObject({ error: { code: -32_000, message } });
    client.request('tools/call', { name: 'next_results', ...MODERN });
    const { result } = await client.answer();
    expect(result).toMatchObject({ isError: true, resultType: 'complete' });
    expect(words(result)[0]).toEqual(message);
    expect(client.notes).toHaveLength(1);
  });

  test('a request is retried with the same key until the service is back', async () => {
    const { url, listen } = await away();
    const client = startRelay(url);
    const id = client.request('tools/call', { name: 'ask_default' });
    const keys = await listen({ breakOff: 2 });
    expect(await client.answer()).toEqual({ jsonrpc: '2.0', id, result: { tries: 3 } });
    expect(new Set(keys).size).toBe(1);
    const other = client.request('tools/call', { name: 'ask_default' });
    expect((await client.answer()).id).toBe(other);
    expect(new Set(keys).size).toBe(2);
  });
});

/** An address at which a server listens later. It breaks off its first answers. */
async function away() {
  const keys: unknown[] = [];
  let left = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    keys.push(request.headers['idempotency-key']);
    let body = '';
    for await (const chunk of request) body += chunk;
    if (left-- > 0) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': begun\n\n', () => response.destroy());
      return;
    }
    const { id } = JSON.parse(body);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { tries: keys.length } }));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async listen({ breakOff }: { breakOff: number }) {
      left = breakOff;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      open.push(async () => {
        server.closeAllConnections();
        server.close();
      });
      return keys;
    },
  };
}

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, test, vi } from 'vitest';
import { createTestApi } from '../../test/kit/api.ts';
import { useMcp, words } from '../../test/kit/mcp-stage.ts';

const stage = useMcp();

describe('the endpoint', () => {
  const post = (
    headers: Record<string, string>,
    body: unknown = { jsonrpc: '2.0', id: 1, method: 'ping' },
  ) => stage.api.post('/mcp', body, headers);

  test.each([
    [{ host: 'evil.example' }, 403],
    [{ host: 'localhost:3000', origin: 'https://evil.example' }, 403],
    [{ host: 'localhost:3000', origin: 'null' }, 403],
  ])('refuses a request with the headers %j', async (headers, status) => {
    const answer = await post(headers);
    expect([answer.status, answer.body.error.message]).toEqual([
      status,
      expect.stringContaining('MEANWHILE_MCP_HOSTS'),
    ]);
  });

  test('answers under the host names that the operator allows', async () => {
    await stage.api.app.close();
    stage.api = await createTestApi({ mcp: { hosts: ['agents.example'] } });
    const accept = 'application/json, text/event-stream';
    expect((await post({ host: 'agents.example', accept })).status).toBe(200);
    expect(
      (await post({ host: 'agents.example', origin: 'https://agents.example', accept })).status,
    ).toBe(200);
    expect((await post({ host: 'other.example', accept })).status).toBe(403);
  });

  test('reports an invalid body in JSON-RPC', async () => {
    const answer = await stage.api.app.inject({
      method: 'POST',
      url: '/mcp',
      headers: { 'content-type': 'application/json', host: 'localhost' },
      payload: '{',
    });
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, -32700]);
  });

  test('has no session to open or end', async () => {
    expect((await fetch(`${stage.url}/mcp`)).status).toBe(405);
    expect((await fetch(`${stage.url}/mcp`, { method: 'DELETE' })).status).toBe(405);
  });
});

test.each(['legacy', 'auto'] as const)(
  'the official client talks to the endpoint (%s)',
  async (mode) => {
    const official = new Client(
      { name: 'official', version: '1' },
      { versionNegotiation: { mode } },
    );
    await official.connect(new StreamableHTTPClientTransport(new URL(`${stage.url}/mcp`)));
    expect(official.getInstructions()).toContain('ask_<agent>');
    const { tools } = await official.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'ask_default',
      'ask_helper',
      'start_conversation',
      'send_message',
      'next_results',
      'cancel_call',
      'interrupt',
    ]);
    const answer = official.callTool({ name: 'ask_default', arguments: { text: 'Hello' } });
    await vi.waitFor(stage.only);
    await stage.played.play((story) => story.model('Hi.'));
    expect(words((await answer) as never)[0]).toBe('Hi.');
    await official.close();
  },
);

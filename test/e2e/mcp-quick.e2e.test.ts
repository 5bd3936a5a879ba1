/** Calls of an MCP server through `/mcp/tools`: quick ones have no workflow, and are as durable as others. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterAll, expect, test } from 'vitest';
import { createMcpTestClient } from '../kit/mcp-client.ts';
import { ledgerAt, testServer } from '../kit/mcp/servers.ts';
import { words } from '../kit/mcp-stage.ts';
import { useStage } from '../kit/stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'meanwhile-quick-'));
const ledger = ledgerAt(join(folder, 'ledger'));
const file = join(folder, 'mcp.json');
writeFileSync(file, JSON.stringify({ mcpServers: { test: testServer(ledger.path) } }));
const GRACE_MS = 3_000;
const stage = useStage({
  MEANWHILE_MCP: file,
  MEANWHILE_GRACE_MS: String(GRACE_MS),
  PORT: String(await getPort()),
});
afterAll(() => rm(folder, { recursive: true }));

const client = () => createMcpTestClient(stage.service.url, { path: '/mcp/tools', tasks: false });
const meta = (callId: string) => ({ meta: { threadId: 'thread_1', callId } });
const next = (text: string) => JSON.parse(/next_results\((.*?)\)/.exec(text)![1]!);
const until = { timeout: 60_000 };

async function offered() {
  const names = async () =>
    (await client().request('tools/list')).tools.map(({ name }: { name: string }) => name);
  await expect.poll(names, until).toContain('test__steps');
}

async function entries() {
  const { conversations } = await stage.service.client.get('/v1/conversations');
  const { entries: all } = await stage.service.client.get(
    `/v1/conversations/${conversations[0].id}/entries?limit=200`,
  );
  return all as { kind: string; call_id?: string; fate?: string }[];
}

test('a quick call is answered with its result, and the log has it', async () => {
  await offered();
  const result = await client().call('test__steps', { count: 1 }, meta('c1'));
  expect(words(result)[0]).toContain('all steps done');
  const kinds = async () => (await entries()).map(({ kind, fate }) => fate ?? kind);
  await expect
    .poll(kinds, until)
    .toEqual(['call.requested', 'call.started', 'call.completed', 'delivered']);
  const { conversations } = await stage.service.client.get('/v1/conversations');
  expect(result._meta.meanwhile).toEqual({ conversation_id: conversations[0].id, cursor: 0 });
  expect(await ledger.take()).toEqual(['steps begins', 'step 1']);
}, 120_000);

test('kill -9 in the middle of a quick call: it runs once, and the repeat has its result', async () => {
  const steps = { count: 20, pause_ms: 100 };
  const calling = client().call('test__steps', steps, meta('c2'));
  calling.catch(() => {});
  await expect.poll(() => ledger.lines(), until).toContain('step 2');
  await stage.service.kill9();
  await stage.service.start();
  await offered();
  let text = words(await client().call('test__steps', steps, meta('c2')))[0]!;
  // The next service has handed it over to its conversation.
  while (!text.includes('all steps done')) {
    text = words(await client().call('next_results', next(text)))[0]!;
  }
  const lines = await ledger.take();
  expect(lines.filter((line) => line === 'steps begins')).toHaveLength(1);
  expect(lines).toHaveLength(21);
  const requested = async () =>
    (await entries()).filter(({ kind }) => kind === 'call.requested').length;
  await expect.poll(requested, until).toBe(2);
}, 180_000);

test('kill -9 after a call was suspended: it goes on without the service, and its result is told', async () => {
  const steps = { count: 60, pause_ms: 100 };
  let text = words(await client().call('test__steps', steps, meta('c3')))[0]!;
  expect(text).toMatch(/^Suspended as call_/);
  await stage.service.kill9();
  await stage.service.start();
  await offered();
  const told: string[] = [];
  while (!text.includes('"steps":60')) {
    text = words(await client().call('next_results', next(text)))[0]!;
    told.push(text);
  }
  expect(told.join('\n').match(/"steps":60/g)).toHaveLength(1);
  expect((await ledger.take()).filter((line) => line === 'steps begins')).toHaveLength(1);
}, 180_000);

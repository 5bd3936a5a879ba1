/** `meanwhile mcp proxy` in front of MCP servers, as a harness starts it. The harness is the SDK's own client. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import getPort from 'get-port';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { everything, ledgerAt, startHttpServer, testServer } from '../kit/mcp/servers.ts';
import { words } from '../kit/mcp-stage.ts';
import { useStage } from '../kit/stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'meanwhile-proxy-'));
const ledger = ledgerAt(join(folder, 'ledger'));
const file = join(folder, 'mcp.json');
writeFileSync(file, JSON.stringify({ mcpServers: { known: everything() } }));
const stage = useStage({
  MEANWHILE_MCP: file,
  MEANWHILE_ALLOW_PRIVATE_URLS: 'true',
  MEANWHILE_GRACE_MS: '4000',
  PORT: String(await getPort()),
});
afterAll(() => rm(folder, { recursive: true }));

const MAIN = fileURLToPath(new URL('../../cli/meanwhile.js', import.meta.url));
const LONG = { timeout: 60_000 };

async function harness(command: string, args: string[], env: Record<string, string> = {}) {
  const client = new Client({ name: 'harness', version: '1' });
  const inherited = { PATH: process.env['PATH']!, HOME: folder };
  const transport = new StdioClientTransport({
    command,
    args,
    cwd: folder,
    env: { ...inherited, ...env },
    stderr: 'ignore',
  });
  await client.connect(transport, LONG);
  onTestFinished(() => client.close());
  return { client, pid: transport.pid! };
}

const proxy = (args: string[], env?: Record<string, string>) =>
  harness(process.execPath, [MAIN, 'mcp', 'proxy', '--service', stage.service.url, ...args], env);
const { command, args } = testServer(ledger.path);
const inFront = (env?: Record<string, string>) =>
  proxy(['--name', 'test', '--env', 'SECRET', '--', command, ...args], env);

async function call(client: Client, name: string, input: object = {}, callId?: string) {
  const _meta = callId === undefined ? {} : { callId, threadId: 'thread_1' };
  const given = { name, arguments: input as Record<string, unknown>, _meta };
  return (await client.callTool(given, LONG)) as any;
}

/** Calls until the answer comes within the grace time, which a busy machine may exceed. */
async function answered(client: Client, name: string, input: object = {}) {
  for (;;) {
    const result = await call(client, name, input);
    if (!result.content[0]?.text?.startsWith('Suspended as call_')) return result;
  }
}

const OURS = ['list_calls', 'next_results', 'cancel_call'];
function next(text: string) {
  const given = /next_results\((.*?)\)/.exec(text)?.[1];
  if (given === undefined) throw new Error(text);
  return JSON.parse(given);
}

test('its tools have the names and schemas of the server, and say how many results they return', async () => {
  const direct = await harness(command, args);
  const through = await inFront();
  const before = (await direct.client.listTools()).tools;
  const after = (await through.client.listTools(undefined, LONG)).tools;
  expect(after.map(({ name }) => name)).toEqual([...before.map(({ name }) => name), ...OURS]);
  for (const [nth, tool] of before.entries()) {
    expect(after[nth]).toMatchObject({
      inputSchema: tool.inputSchema,
      description: `${tool.description} Returns one result.`,
      ...(tool.annotations && { annotations: tool.annotations }),
    });
  }
}, 120_000);

test('answers, failures and pictures are those of the server', async () => {
  const direct = await harness(command, args);
  const through = await inFront();
  for (const [name, input] of [
    ['steps', { count: 2 }],
    ['fails', {}],
    ['removes', {}],
  ] as const) {
    const { content, structuredContent, isError } = await call(direct.client, name, input);
    expect(await answered(through.client, name, input)).toMatchObject({
      content,
      ...(structuredContent && { structuredContent }),
      ...(isError && { isError }),
    });
  }
  const known = await proxy(['--name', 'known']);
  const { content } = await answered(known.client, 'get-tiny-image');
  expect(content[1]).toMatchObject({ type: 'image', data: expect.stringMatching(/^iVBOR/) });
}, 120_000);

test('the server sees the variables that are named, and no others', async () => {
  const { client } = await inFront({ SECRET: 'hush', OTHER: 'not this' });
  const seen = JSON.parse(words(await answered(client, 'environment'))[0]!) as object;
  expect(seen).toMatchObject({ SECRET: 'hush' });
  expect(Object.keys(seen)).not.toContain('OTHER');
}, 120_000);

test('kill -9 of the proxy and of the service: the call runs once, and its result is told once', async () => {
  await ledger.take();
  const first = await inFront();
  const steps = { count: 60, pause_ms: 100 };
  const suspended = words(await call(first.client, 'steps', steps, 'c1'))[0]!;
  expect(suspended).toMatch(
    /^Suspended as call_\w+: this is not the result\. .*Returns one result/,
  );
  process.kill(first.pid, 'SIGKILL');
  await stage.service.kill9();
  await stage.service.start();

  const again = await inFront();
  // Its result is the answer if it is there by now, and news otherwise.
  const told = [words(await call(again.client, 'steps', steps, 'c1'))[0]!];
  while (!told.at(-1)!.includes('all steps done')) {
    told.push(words(await call(again.client, 'next_results', next(told.at(-1)!)))[0]!);
  }
  expect(told.join('\n').match(/all steps done/g)).toHaveLength(1);
  expect((await ledger.take()).filter((line) => line === 'steps begins')).toHaveLength(1);
}, 180_000);

test('orphaned-by-drop, ids-lost: calls are listed, for a model and for a person', async () => {
  const first = await inFront();
  const waiting = call(first.client, 'waits');
  const suspended = words(await waiting)[0]!;
  const [callId] = /call_\w+/.exec(suspended)!;
  process.kill(first.pid, 'SIGKILL');

  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[MAIN, 'mcp', 'calls', '--url', stage.service.url],
  ]);
  expect(stdout).toMatch(new RegExp(`^${callId}  test-\\w+__waits  running`, 'm'));
  const again = await inFront();
  expect(words(await call(again.client, 'list_calls'))[0]).toContain(`${callId} `);
  const { conversation_id } = next(suspended);
  await call(again.client, 'cancel_call', { conversation_id, call_id: callId });
  await expect.poll(() => ledger.lines(), { timeout: 20_000 }).toContain('cancelled');
}, 120_000);

test('a call that its person stops within the grace time is cancelled, and the server with it', async () => {
  const { client } = await inFront();
  await ledger.take();
  for (;;) {
    const stop = new AbortController();
    const given = { name: 'waits', arguments: {} };
    const calling = client.callTool(given, { ...LONG, signal: stop.signal }) as Promise<any>;
    const isRunning = async () => {
      expect(await ledger.lines()).toContain('waits');
    };
    const suspended = await Promise.race([calling, vi.waitFor(isRunning, 60_000)]);
    if (suspended) {
      // On a busy machine the grace time was over before the call began.
      const text = words(suspended)[0]!;
      const [call_id] = /call_\w+/.exec(text)!;
      await call(client, 'cancel_call', { conversation_id: next(text).conversation_id, call_id });
      await ledger.take();
      continue;
    }
    stop.abort();
    await expect(calling).rejects.toThrow();
    break;
  }
  await expect.poll(() => ledger.lines(), { timeout: 60_000 }).toContain('cancelled');
}, 180_000);

test('a server at a URL has a proxy too', async () => {
  const http = await startHttpServer(ledger.path);
  onTestFinished(() => http.kill());
  const { client } = await proxy(['--url', http.url]);
  expect(words(await answered(client, 'steps', { count: 1 }))[0]).toBe('all steps done');
}, 120_000);

test('the agents of the service are not offered what a proxy declares', async () => {
  await (await inFront()).client.listTools(undefined, LONG);
  const { tools } = await stage.service.client.get('/v1/tools');
  const names = tools.map(({ name }: { name: string }) => name);
  expect(names.filter((name: string) => name.startsWith('test'))).toEqual([]);
}, 120_000);

test.each([{}, { 'meanwhile-token': 'guess' }])(
  'nobody else declares a server: %j',
  async (headers) => {
    const response = await fetch(`${stage.service.url}/mcp/servers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        name: 'evil',
        transport: { type: 'stdio', command: 'true', args: [], env: {}, cwd: '/' },
      }),
    });
    expect(response.status).toBe(401);
  },
);

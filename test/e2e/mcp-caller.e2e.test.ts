/** What an MCP server at a URL learns of the client whose call it gets: nothing that proves who the client is. */
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startHttpServer } from '../kit/mcp/servers.ts';
import { createMcpTestClient } from '../kit/mcp-client.ts';
import { words } from '../kit/mcp-stage.ts';
import { removeFolder } from '../kit/remove-folder.ts';
import { useStage } from '../kit/stage.ts';

const KEY = 'caller-secret-0123456789';
const folder = mkdtempSync(join(tmpdir(), 'meanwhile-caller-'));
const upstream = await startHttpServer();

/** Every request to the server passes through here. */
const heard: IncomingHttpHeaders[] = [];
const between = createServer((incoming, answer) => {
  heard.push(incoming.headers);
  const { method, headers } = incoming;
  const passed = request(upstream.url, { method, headers }, (response) => {
    answer.writeHead(response.statusCode!, response.headers);
    response.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  answer.on('close', () => passed.destroy());
  incoming.pipe(passed);
});
await once(between.listen(0, '127.0.0.1'), 'listening');
const url = `http://127.0.0.1:${(between.address() as AddressInfo).port}/mcp`;
const file = join(folder, 'mcp.json');
const server = { type: 'http', url, headers: { 'x-of-the-server': 'declared' } };
writeFileSync(file, JSON.stringify({ mcpServers: { upstream: server } }));

const stage = useStage({
  MEANWHILE_MCP: file,
  MEANWHILE_ALLOW_PRIVATE_URLS: 'true',
  MEANWHILE_API_KEY: KEY,
});
afterAll(async () => {
  between.closeAllConnections();
  between.close();
  await upstream.kill();
  await removeFolder(folder);
});

test("the client's key and its other headers are not passed to the server of its tool", async () => {
  const path = '/mcp/tools';
  const client = createMcpTestClient(stage.service.url, { path, key: KEY, tasks: false });
  const headers = { cookie: 'session=caller-secret', 'x-api-key': 'caller-secret' };
  const call = () => client.call('upstream__steps', { count: 1 }, { headers });
  await expect
    .poll(async () => words(await call())[0], { timeout: 60_000 })
    .toContain('steps done');
  expect(heard.some((each) => each['x-of-the-server'] === 'declared')).toBe(true);
  expect(JSON.stringify(heard)).not.toContain('caller-secret');
}, 120_000);

/** Tools of MCP servers, as an agent, a client of the service and its operator see them. */
import getPort from 'get-port';
import { afterAll, expect, test } from 'vitest';
import {
  everything,
  type HttpTestServer,
  oldServer,
  startHttpServer,
  testServer,
} from '../kit/mcp/servers.ts';
import { completedCall, moment, startedCall, useServers } from '../kit/mcp/use-servers.ts';
import { wholeResult } from '../kit/whole-result.ts';

const begun: HttpTestServer[] = [];
let latePort: number;
const { stage, ledger, offered, calling, listen } = useServers(async (path) => {
  const http = await startHttpServer(path);
  begun.push(http);
  const oldHttp = await startHttpServer(path, 0, 'old-server');
  begun.push(oldHttp);
  latePort = await getPort();
  return {
    everything: everything(),
    test: {
      ...testServer(path),
      meanwhile: { tools: { partials: { results: { min: 3, max: 3 }, awaits: 'managed' } } },
    },
    tasks: { type: 'http', url: http.url },
    old: oldServer(path),
    old_http: { type: 'http', url: oldHttp.url },
    late: { type: 'http', url: `http://127.0.0.1:${latePort}/mcp` },
  };
});
afterAll(async () => {
  for (const server of begun) await server.kill();
});

const serverNamed = async (name: string, path = '/v1/tools') =>
  (await stage.service.client.get(path)).mcp_servers.find((server: any) => server.name === name);

test('managed: three results of an MCP call are told once, in one turn', async () => {
  const before = stage.model.requests.length;
  const talk = await calling('test__partials');
  const asked = await stage.model.asked();
  expect(moment(asked)).toContain('"part":"first"');
  expect(moment(asked)).toContain('"part":"second"');
  expect(moment(asked)).toContain('third');
  asked.says('All three are in.');
  await talk.replied(2);
  expect(stage.model.requests.length - before).toBe(2);
  expect(talk.log.of('call.requested')).toMatchObject([{ awaits: 'managed', results: 3 }]);
});

test('stop-never-arrives: cancel reaches the upstream server', async () => {
  const talk = await calling('test__waits');
  const { call_id } = await startedCall(talk);
  await expect.poll(() => ledger.lines(), { timeout: 30_000 }).toEqual(['waits']);
  await talk.post(`calls/${call_id}/cancel`);
  await talk.log.until('it is cancelled', () => talk.log.of('call.cancelled')[0]);
  await expect.poll(() => ledger.lines(), { timeout: 30_000 }).toEqual(['waits', 'cancelled']);
  await ledger.take();
});

test('an image is described to the model and kept for clients', async () => {
  const talk = await calling('everything__get-tiny-image');
  const [told] = await listen(talk);
  expect(told).toContain('"mimeType":"image/png"');
  expect(told).not.toContain('iVBOR');
  const end = await completedCall(talk);
  expect(end.result).toMatchObject([expect.any(String), { type: 'image' }, expect.any(String)]);
  const whole = await wholeResult<any>(stage.service.client, talk.id, end);
  expect(whole.content[1].data).toMatch(/^iVBOR/);
});

test('failure-without-payload: a failed call keeps what the server said', async () => {
  const talk = await calling('test__fails');
  const failed = await talk.log.until('it fails', () => talk.log.of('call.failed')[0], 60_000);
  expect(failed.error).toEqual({ type: 'ToolError', message: 'no room on the disk\n{"free":0}' });
  (await stage.model.asked()).says('No room.');
});

test('a tool that its server calls destructive waits for a person', async () => {
  const talk = await calling('test__removes');
  const { call_id } = await talk.log.until(
    'it waits',
    () => talk.log.of('call.awaiting_approval')[0],
  );
  await talk.post(`calls/${call_id}/approval`, { decision: 'approve' });
  expect((await completedCall(talk)).result).toBe('removed');
  (await stage.model.asked()).says('Removed.');
});

test('a server that is down is reported, and its tools appear when it comes', async () => {
  expect(await serverNamed('late')).toMatchObject({
    status: 'down',
    why: expect.stringContaining('ECONNREFUSED'),
    tools: 0,
  });
  expect(await serverNamed('late', '/readyz')).toMatchObject({ status: 'down' });
  const late = await startHttpServer(ledger.path, latePort);
  try {
    await expect.poll(offered, { timeout: 60_000 }).toContain('late__fails');
    expect(await serverNamed('late', '/readyz')).toMatchObject({
      status: 'ready',
      tools: expect.any(Number),
    });
  } finally {
    await late.kill();
  }
}, 90_000);

test('the catalogue says what each server offers, and what is left out', async () => {
  const { mcp_servers } = await stage.service.client.get('/v1/tools');
  expect(mcp_servers).toMatchObject([
    { name: 'everything', status: 'ready', left_out: [] },
    { name: 'test', status: 'ready' },
    { name: 'tasks', status: 'ready' },
    { name: 'old', status: 'ready' },
    { name: 'old_http', status: 'ready' },
    { name: 'late' },
  ]);
});

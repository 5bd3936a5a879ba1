import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAlive } from '../../tools/process-identity.ts';
import { readMcpFile } from '../../tools/mcp-spool.ts';
import { readSpool } from '../../tools/keeper/spool.ts';
import {
  everything,
  type HttpTestServer,
  ledgerAt,
  oldServer,
  startHttpServer,
  testServer,
} from '../kit/mcp/servers.ts';
import { asks, type AskedModel } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import { follow, type Talk } from '../kit/talk.ts';
import { wholeResult } from '../kit/whole-result.ts';

const folder = mkdtempSync(join(tmpdir(), 'meanwhile-mcp-'));
const ledger = ledgerAt(join(folder, 'ledger'));
const file = join(folder, 'mcp.json');
/** Before the stage: what it does in `beforeAll` comes in this order. */
let http: HttpTestServer;
let oldHttp: HttpTestServer;
let latePort: number;
beforeAll(async () => {
  http = await startHttpServer(ledger.path);
  oldHttp = await startHttpServer(ledger.path, 0, 'old-server');
  latePort = await getPort();
  const servers = {
    everything: everything(),
    test: {
      ...testServer(ledger.path),
      meanwhile: { tools: { partials: { results: { min: 3, max: 3 }, awaits: 'managed' } } },
    },
    tasks: { type: 'http', url: http.url },
    old: oldServer(ledger.path),
    old_http: { type: 'http', url: oldHttp.url },
    late: { type: 'http', url: `http://127.0.0.1:${latePort}/mcp` },
  };
  writeFileSync(file, JSON.stringify({ mcpServers: servers }));
});
const stage = useStage({
  MEANWHILE_MCP: file,
  MEANWHILE_ALLOW_PRIVATE_URLS: 'true',
  MEANWHILE_GRACE_MS: '0',
  MEANWHILE_QUIET_MS: '0',
  MEANWHILE_QUIET_MAX_MS: '0',
});
afterAll(async () => {
  await http.kill();
  await oldHttp.kill();
  await rm(folder, { recursive: true });
});

const catalogue = () => stage.service.client.get('/v1/tools');
const serverNamed = async (name: string, path = '/v1/tools') =>
  (await stage.service.client.get(path)).mcp_servers.find((server: any) => server.name === name);

/** The model asks for the call in its first reply. */
async function calling(tool: string, input: object = {}): Promise<Talk> {
  await expect.poll(async () => names(await catalogue()), { timeout: 60_000 }).toContain(tool);
  const talk = await stage.talk('Go on.');
  (await stage.model.asked()).says('I do it.', asks(tool, input));
  return talk;
}

const names = ({ tools }: { tools: { name: string }[] }) => tools.map(({ name }) => name);
const startedCall = (talk: Talk) => talk.log.until('it runs', () => talk.log.of('call.started')[0]);
const done = (talk: Talk) =>
  talk.log.until('it is over', () => talk.log.of('call.completed')[0], 60_000);
const moment = ({ request }: AskedModel) => request.messages.at(-1)!.text;

/** The folder of the process that makes the call. */
const hostOf = async (callId: string) =>
  (await readMcpFile(join(stage.service.home, 'spool', callId), 'begun.json'))!.host!;

/** The host that makes the call and its keeper die too, as after a restart of the machine's user. */
async function killWithHost(callId: string): Promise<void> {
  const host = await hostOf(callId);
  await stage.service.kill9();
  for (const name of ['keeper.json', 'program.json'] as const) {
    process.kill(((await readSpool(host, name)) as { pid: number }).pid, 'SIGKILL');
  }
}

/** Until the call is over, the model says something about all it is told. */
async function listen(talk: Talk): Promise<string[]> {
  const told: string[] = [];
  const isOver = () => talk.log.of('call.completed').length + talk.log.of('call.failed').length > 0;
  for (let last = false; !last;) {
    const asked = await stage.model.asked();
    last = isOver() && moment(asked).includes('"status":"completed"');
    told.push(moment(asked));
    asked.says('Noted.');
  }
  return told;
}

test('the long operation of server-everything survives kill -9: every progress once, one execution', async () => {
  const before = await calling('everything__trigger-long-running-operation', {
    duration: 8,
    steps: 8,
    report: 'everything',
  });
  const { call_id } = await startedCall(before);
  await before.log.until('it has begun', () => before.log.of('call.event')[1]);
  const host = await hostOf(call_id);
  const running = (await readSpool(host, 'program.json'))!;
  const held = before.held();
  await stage.service.kill9();
  expect(await isAlive(running)).toBe(true);

  await stage.service.start();
  const after = follow(stage.service.client, before.id, held);
  await listen(after);
  expect(after.log.of('call.event').map(({ n, percent }) => [n, percent])).toEqual(
    Array.from({ length: 8 }, (_, i) => [i + 1, 12.5 * (i + 1)]),
  );
  expect((await done(after)).result).toBe(
    'Long running operation completed. Duration: 8 seconds, Steps: 8.',
  );
  expect(await hostOf(call_id)).toBe(host);
  expect(await isAlive(running)).toBe(true);
}, 120_000);

test('a call whose worker is killed does its work once', async () => {
  const before = await calling('test__steps', {
    count: 30,
    pause_ms: 200,
    report: 'every 50 percent',
  });
  await before.log.until('half is done', () => before.log.of('call.event')[0]);
  const held = before.held();
  await stage.service.kill9();
  await stage.service.start();
  const after = follow(stage.service.client, before.id, held);
  await listen(after);
  expect((await done(after)).result).toEqual({
    structured: { steps: 30 },
    content: ['all steps done'],
  });
  expect(await ledger.take()).toEqual([
    'steps begins',
    ...Array.from({ length: 30 }, (_, i) => `step ${i + 1}`),
  ]);
}, 120_000);

test('a task of an HTTP server is found again by its id', async () => {
  const before = await calling('tasks__job', { ms: 6_000 });
  const { call_id } = await startedCall(before);
  await expect.poll(() => ledger.lines(), { timeout: 30_000 }).toEqual(['job begins']);
  const held = before.held();
  const spool = join(stage.service.home, 'spool', call_id);
  await expect.poll(() => readMcpFile(spool, 'task.json'), { timeout: 30_000 }).toBeDefined();
  await killWithHost(call_id);
  await stage.service.start();
  const after = follow(stage.service.client, before.id, held);
  await listen(after);
  expect((await done(after)).result).toBe('the job is done');
  expect(await ledger.take()).toEqual(['job begins']);
}, 120_000);

test('a task of protocol 2025-11-25 does its work once when the worker is killed, and each step is told once', async () => {
  const before = await calling('old__bakes', {
    count: 12,
    pause_ms: 500,
    says: 'progress',
    report: 'everything',
  });
  await before.log.until('it has begun', () => before.log.of('call.event')[1]);
  const held = before.held();
  await stage.service.kill9();
  await stage.service.start();
  const after = follow(stage.service.client, before.id, held);
  await listen(after);
  expect((await done(after)).result).toBe('baked');
  const steps = Array.from({ length: 12 }, (_, i) => `step ${i + 1}`);
  expect(after.log.of('call.event').map(({ note }) => note)).toEqual(steps);
  expect(await ledger.take()).toEqual(['bakes begins', ...steps]);
}, 120_000);

test('a task of protocol 2025-11-25 is found again by its id when worker and host are killed, and nothing is told twice', async () => {
  const before = await calling('old_http__bakes', {
    count: 8,
    pause_ms: 2_500,
    report: 'everything',
  });
  const { call_id } = await startedCall(before);
  await before.log.until('it has begun', () => before.log.of('call.event')[1]);
  const held = before.held();
  const spool = join(stage.service.home, 'spool', call_id);
  const task = await readMcpFile(spool, 'task.json');
  await killWithHost(call_id);
  await stage.service.start();
  const after = follow(stage.service.client, before.id, held);
  await listen(after);
  expect((await done(after)).result).toBe('baked');
  expect(await readMcpFile(join(spool, 'attempt-1'), 'task.json')).toMatchObject(task!);
  // What its server said while nobody looked is not told; nothing else is missing, and nothing comes twice.
  const notes = after.log.of('call.event').map(({ note }) => note!);
  const steps = Array.from({ length: 8 }, (_, i) => `step ${i + 1}`);
  expect(notes).toEqual(steps.filter((step) => notes.includes(step)));
  expect(notes.length).toBeGreaterThan(2);
  expect(await ledger.take()).toEqual(['bakes begins', ...steps]);
}, 240_000);

test('a cancelled task is cancelled on its server, though worker and host were killed', async () => {
  const before = await calling('old_http__bakes', { count: 400, pause_ms: 500 });
  const { call_id } = await startedCall(before);
  const spool = join(stage.service.home, 'spool', call_id);
  await expect.poll(() => readMcpFile(spool, 'task.json'), { timeout: 60_000 }).toBeDefined();
  const held = before.held();
  await killWithHost(call_id);
  await stage.service.start();
  const after = follow(stage.service.client, before.id, held);
  await after.post(`calls/${call_id}/cancel`);
  await after.log.until('it is cancelled', () => after.log.of('call.cancelled')[0], 60_000);
  await expect.poll(() => ledger.lines(), { timeout: 60_000 }).toContain('stopped');
  await ledger.take();
}, 240_000);

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
  const end = await done(talk);
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
  expect((await done(talk)).result).toBe('removed');
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
    await expect
      .poll(async () => names(await catalogue()), { timeout: 60_000 })
      .toContain('late__fails');
    expect(await serverNamed('late', '/readyz')).toMatchObject({
      status: 'ready',
      tools: expect.any(Number),
    });
  } finally {
    await late.kill();
  }
}, 90_000);

test('the catalogue says what each server offers, and what is left out', async () => {
  const { mcp_servers } = await catalogue();
  expect(mcp_servers).toMatchObject([
    { name: 'everything', status: 'ready', left_out: [] },
    { name: 'test', status: 'ready' },
    { name: 'tasks', status: 'ready' },
    { name: 'old', status: 'ready' },
    { name: 'old_http', status: 'ready' },
    { name: 'late' },
  ]);
});

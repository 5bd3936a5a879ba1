/** Calls of MCP servers whose worker is killed in the middle of them, and perhaps what makes the call, too. */
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSpool } from '../../tools/keeper/spool.ts';
import { readMcpFile } from '../../tools/mcp-spool.ts';
import { isAlive } from '../../tools/process-identity.ts';
import {
  everything,
  type HttpTestServer,
  oldServer,
  startHttpServer,
  testServer,
} from '../kit/mcp/servers.ts';
import { completedCall, startedCall, useServers } from '../kit/mcp/use-servers.ts';
import { follow } from '../kit/talk.ts';

const begun: HttpTestServer[] = [];
const { stage, ledger, calling, listen } = useServers(async (path) => {
  const http = await startHttpServer(path);
  begun.push(http);
  const oldHttp = await startHttpServer(path, 0, 'old-server');
  begun.push(oldHttp);
  return {
    everything: everything(),
    test: testServer(path),
    tasks: { type: 'http', url: http.url },
    old: oldServer(path),
    old_http: { type: 'http', url: oldHttp.url },
  };
});
afterAll(async () => {
  for (const server of begun) await server.kill();
});

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
  expect((await completedCall(after)).result).toBe(
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
  expect((await completedCall(after)).result).toEqual({
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
  expect((await completedCall(after)).result).toBe('the job is done');
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
  expect((await completedCall(after)).result).toBe('baked');
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
  expect((await completedCall(after)).result).toBe('baked');
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

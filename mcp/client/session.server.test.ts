import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { callContext } from '../../test/kit/call-context.ts';
import { createLedger, type McpLedger, testServer } from '../../test/kit/mcp/servers.ts';
import type { CallYield, LocalTool } from '../../tools/define.ts';
import { openMcpCatalogue } from './catalogue.ts';

async function openShared(ledger: McpLedger, home?: string) {
  const folder = home ?? (await mkdtemp(join(tmpdir(), 'meanwhile-home-')));
  if (home === undefined) onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const settings = { session: 'shared' as const, approve_changes: false, tools: {} };
  const catalogue = await openMcpCatalogue(
    { tools: new Map(), agents: new Map() },
    {
      servers: [{ name: 'test', transport: testServer(ledger.path), settings }],
      spoolRoot: join(folder, 'spool'),
      declaredFile: join(folder, 'declared.json'),
      knownFile: join(folder, 'mcp-tools.json'),
      allowPrivateUrls: true,
      log() {},
      timing: { retry_ms: 50, longest_retry_ms: 200 },
    },
  );
  onTestFinished(() => catalogue.close());
  const listed = () => catalogue.servers.status()[0]!.status;
  await expect.poll(listed, { timeout: 20_000 }).toBe('ready');
  let calls = 0;
  async function call(name: string, input: object = {}, signal = new AbortController().signal) {
    const tool = catalogue.tools.get(`test__${name}`) as LocalTool;
    const context = callContext({ id: `call_${(calls += 1)}`, signal });
    const running = tool.run(input, context) as AsyncGenerator<CallYield>;
    const told: unknown[] = [];
    for (;;) {
      const next = await running.next();
      if (next.done) return { told, result: next.value as unknown };
      told.push(next.value.type === 'result' ? next.value.data : next.value.percent);
    }
  }
  return { catalogue, folder, call };
}

const inWords = (result: unknown) =>
  /call (?<count>\d+) of process (?<pid>\d+)/.exec(String(result))?.groups ?? {};

test('all calls of a shared session reach one process, each with its own progress', async () => {
  const { call, catalogue } = await openShared(await createLedger());
  const first = inWords((await call('remembers')).result);
  const [second, steps, more] = await Promise.all([
    call('remembers'),
    call('steps', { count: 2, pause_ms: 20 }),
    call('steps', { count: 4, pause_ms: 10 }),
  ]);
  expect(inWords(second.result)).toEqual({ count: '2', pid: first.pid });
  expect(steps.told).toEqual([50, 100]);
  expect(more.told).toEqual([25, 50, 75, 100]);
  expect((await call('partials')).told).toEqual([{ part: 'first' }, { part: 'second' }]);
  expect(catalogue.tools.get('test__remembers')).toMatchObject({ restart: 'fail' });
});

test('the end of a shared process fails the call that it interrupts and is mentioned in the result of the next one', async () => {
  const ledger = await createLedger();
  const { call } = await openShared(ledger);
  const { pid } = inWords((await call('remembers')).result);
  await expect(call('dies')).rejects.toMatchObject({
    name: 'OutcomeUnknown',
    message: expect.stringMatching(/shared process .* ended .* may or may not have done/),
  });
  const next = await call('remembers');
  expect(next.result).toMatchObject({ note: expect.stringContaining('is lost') });
  const { count, pid: other } = inWords((next.result as { result: string }).result);
  expect(count).toBe('1');
  expect(other).not.toBe(pid);
  expect(inWords((await call('remembers')).result).count).toBe('2');
});

test('the first call of the next worker reports that the state of the session is lost', async () => {
  const ledger = await createLedger();
  const before = await openShared(ledger);
  await before.call('remembers');
  await before.catalogue.close();
  const after = await openShared(ledger, before.folder);
  expect((await after.call('remembers')).result).toMatchObject({
    note: expect.stringContaining('is lost'),
  });
});

test('a cancel reaches the shared process, which keeps running', async () => {
  const ledger = await createLedger();
  const { call } = await openShared(ledger);
  const { pid } = inWords((await call('remembers')).result);
  const stopping = new AbortController();
  const waiting = call('waits', {}, stopping.signal);
  waiting.catch(() => {});
  await expect.poll(() => ledger.lines(), { timeout: 20_000 }).toEqual(['waits']);
  stopping.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
  await expect.poll(() => ledger.lines(), { timeout: 20_000 }).toEqual(['waits', 'cancelled']);
  expect(inWords((await call('remembers')).result)).toEqual({ count: '2', pid });
});

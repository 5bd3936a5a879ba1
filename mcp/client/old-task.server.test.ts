/** The experimental tasks of protocol 2025-11-25, on a server that is made with the SDK of that time. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createLedger, oldServer, startHttpServer } from '../../test/kit/mcp/servers.ts';
import { hostRoot, playCall, type PlayOptions } from '../../test/kit/mcp/play-call.ts';
import { readSpool } from '../../tools/keeper/spool.ts';
import { readMcpFile } from '../../tools/mcp-spool.ts';

// Every call starts two programs, each of which takes many seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

async function serve(kind: 'stdio' | 'http', session: 'own' | 'warm') {
  const ledger = await createLedger();
  const http = kind === 'http' ? await startHttpServer(ledger.path, 0, 'old-server') : undefined;
  onTestFinished(() => http?.kill());
  const options: PlayOptions = {
    server: http ? { type: 'http', url: http.url, headers: {} } : oldServer(ledger.path),
    era: { kind: 'legacy' },
    asTask: true,
    session,
    root: await hostRoot(),
  };
  return { ledger, options };
}

const all = ['bakes begins', 'step 1', 'step 2', 'step 3'];

test.each<['stdio' | 'http', 'own' | 'warm']>([
  ['stdio', 'own'],
  ['stdio', 'warm'],
  ['http', 'own'],
])(
  'a task over %s (session %s) is polled, and what it says of itself is told once',
  async (kind, session) => {
    const { options, ledger } = await serve(kind, session);
    const call = await playCall('bakes', { count: 3, pause_ms: 300 }, options);
    expect(await call.end).toBe('baked');
    expect(call.told).toEqual([1, 2, 3].map((step) => [0, `step ${step}`]));
    expect(await ledger.lines()).toEqual(all);
  },
);

test('progress notifications of a task are progress too', async () => {
  const { options } = await serve('stdio', 'warm');
  const call = await playCall('bakes', { count: 4, pause_ms: 50, says: 'progress' }, options);
  expect(await call.end).toBe('baked');
  expect(call.told).toEqual([1, 2, 3, 4].map((step) => [25 * step, `step ${step}`]));
});

test('a call whose program was killed continues with its task', async () => {
  const { options, ledger } = await serve('http', 'own');
  const call = await playCall('bakes', { count: 3, pause_ms: 2_000 }, options);
  await expect.poll(() => readMcpFile(call.folder, 'task.json'), { timeout: 50_000 }).toBeDefined();
  process.kill((await readSpool(call.folder, 'program.json'))!.pid, 'SIGKILL');
  expect(await call.end).toBe('baked');
  expect(await ledger.lines()).toEqual(all);
});

describe.each(['own', 'warm'] as const)('a call (session %s) that is cancelled', (session) => {
  const killsProgram = async (folder: string, root: string) => {
    const where = session === 'own' ? folder : (await readMcpFile(folder, 'begun.json'))!.host!;
    expect(where.startsWith(root)).toBe(session === 'warm');
    process.kill((await readSpool(where, 'program.json'))!.pid, 'SIGKILL');
  };
  const begun = async () => {
    const { options, ledger } = await serve('http', session);
    const call = await playCall('bakes', { count: 1_000, pause_ms: 100 }, options);
    const isNamed = () => readMcpFile(call.folder, 'task.json');
    await expect.poll(isNamed, { timeout: 50_000 }).toBeDefined();
    return { call, ledger, kills: () => killsProgram(call.folder, options.root!) };
  };

  test('just after its program was killed cancels its task', async () => {
    const { call, ledger, kills } = await begun();
    await kills();
    call.cancel();
    await expect(call.end).rejects.toThrow();
    await call.over();
    await expect.poll(() => ledger.lines(), { timeout: 50_000 }).toContain('stopped');
  });

  test('while its lost program is replaced cancels its task', async () => {
    const { call, ledger, kills } = await begun();
    await kills();
    const isReplaced = () => existsSync(join(call.folder, 'attempt-1', 'task.json'));
    await expect.poll(isReplaced, { timeout: 50_000, interval: 5 }).toBe(true);
    call.cancel();
    await expect(call.end).rejects.toThrow();
    await call.over();
    await expect.poll(() => ledger.lines(), { timeout: 50_000 }).toContain('stopped');
  });

  test('sends one cancellation to its server', async () => {
    const { call, ledger } = await begun();
    call.cancel();
    await expect(call.end).rejects.toThrow('cancelled');
    await call.over();
    await expect.poll(() => ledger.lines(), { timeout: 50_000 }).toContain('stopped');
    expect(await readMcpFile(call.folder, 'withdrawn.json')).toBeDefined();
    expect(existsSync(join(call.folder, 'attempt-1'))).toBe(false);
  });
});

test('an error of the tool is that of the call', async () => {
  const { options } = await serve('stdio', 'warm');
  const call = await playCall('burns', {}, options);
  await expect(call.end).rejects.toMatchObject({ name: 'ToolError', message: 'it is black' });
});

test('a cancelled call cancels its task', async () => {
  const { options, ledger } = await serve('stdio', 'warm');
  const call = await playCall('bakes', { count: 100, pause_ms: 300 }, options);
  await expect.poll(() => call.told.length, { timeout: 50_000 }).toBeGreaterThan(0);
  call.cancel();
  await expect(call.end).rejects.toThrow('cancelled');
  await expect.poll(() => ledger.lines(), { timeout: 50_000 }).toContain('stopped');
});

import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { HttpServer, StdioServer } from '../../tools/declared-server.ts';
import {
  createLedger,
  everything,
  startHttpServer,
  testServer,
} from '../../test/kit/mcp/servers.ts';
import { eraOf, playCall, type PlayOptions } from '../../test/kit/mcp/play-call.ts';
import { readSpool } from '../../tools/keeper/spool.ts';
import { readMcpFile } from '../../tools/mcp-spool.ts';

// Every call starts two programs, each of which takes many seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

type Kind = 'stdio' | 'http';
type Era = 'modern' | 'legacy';

let modern: PlayOptions['era'];
beforeAll(async () => void (modern = await eraOf(testServer())));

async function serve(kind: Kind, era: Era) {
  const ledger = await createLedger();
  const http = kind === 'http' ? await startHttpServer(ledger.path) : undefined;
  onTestFinished(() => http?.kill());
  const server: StdioServer | HttpServer = http
    ? { type: 'http', url: http.url, headers: {} }
    : testServer(ledger.path);
  const options: PlayOptions = { server, era: era === 'modern' ? modern : { kind: 'legacy' } };
  return { ledger, http, options };
}

test('discovery finds the protocol era of a server', async () => {
  expect(modern).toMatchObject({ kind: 'modern' });
  expect(await eraOf(everything())).toEqual({ kind: 'legacy' });
});

describe.each<[Kind, Era]>([
  ['stdio', 'modern'],
  ['stdio', 'legacy'],
  ['http', 'modern'],
  ['http', 'legacy'],
])('over %s, era %s', (kind, era) => {
  test('progress comes in order, all of it before the result', async () => {
    const { options, ledger } = await serve(kind, era);
    const call = await playCall('steps', { count: 4 }, options);
    expect(await call.end).toEqual({ structured: { steps: 4 }, content: ['all steps done'] });
    expect(call.told).toEqual([1, 2, 3, 4].map((step) => [25 * step, `step ${step}`]));
    expect(await ledger.lines()).toEqual(['steps begins', 'step 1', 'step 2', 'step 3', 'step 4']);
  });

  test('partial results come before the last', async () => {
    const { options } = await serve(kind, era);
    const call = await playCall('partials', {}, options);
    expect(await call.end).toBe('third');
    expect(call.told).toEqual([{ part: 'first' }, { part: 'second' }]);
  });

  test('a failure includes the server’s own text', async () => {
    const { options } = await serve(kind, era);
    const failing = await playCall('fails', {}, options);
    await expect(failing.end).rejects.toMatchObject({
      name: 'ToolError',
      message: 'no room on the disk\n{"free":0}',
    });
    const unknown = await playCall('nonsense', {}, options);
    await expect(unknown.end).rejects.toMatchObject({
      name: 'ServerError',
      message: 'There is no tool nonsense. (-32602)',
    });
  });

  test('stop-never-arrives: a cancel reaches the server', async () => {
    const { options, ledger } = await serve(kind, era);
    const call = await playCall('waits', {}, options);
    await expect.poll(() => ledger.lines(), { timeout: 50_000 }).toEqual(['waits']);
    call.cancel();
    await expect(call.end).rejects.toThrow('cancelled');
    await expect.poll(() => ledger.lines(), { timeout: 50_000 }).toEqual(['waits', 'cancelled']);
  });
});

describe.each<Kind>(['stdio', 'http'])('a task over %s', (kind) => {
  test('is polled until it ends', async () => {
    const { options, ledger } = await serve(kind, 'modern');
    const call = await playCall('job', { ms: 300 }, options);
    expect(await call.end).toBe('the job is done');
    expect(call.told).toEqual([[0, 'half of it']]);
    expect(await ledger.lines()).toEqual(['job begins']);
  });

  test('is cancelled with the call', async () => {
    const { options, ledger } = await serve(kind, 'modern');
    const call = await playCall('job', { ms: 60_000 }, options);
    await expect.poll(() => call.told.length, { timeout: 50_000 }).toBe(1);
    call.cancel();
    await expect(call.end).rejects.toThrow('cancelled');
    await expect
      .poll(() => ledger.lines(), { timeout: 50_000 })
      .toEqual(['job begins', 'job cancelled']);
  });
});

describe('retried-unconditionally: a call whose server is killed', () => {
  test('has an unknown outcome, and its error ends with the server’s stderr', async () => {
    const { options, ledger } = await serve('stdio', 'modern');
    const call = await playCall('dies', {}, options);
    await expect(call.end).rejects.toMatchObject({
      name: 'OutcomeUnknown',
      message: expect.stringMatching(/test__dies is unknown.*was not tried again.*out of luck/s),
    });
    expect(await ledger.lines()).toEqual(['dies begins']);
  });

  test('is made again if that is allowed', async () => {
    const { options, ledger } = await serve('stdio', 'modern');
    const call = await playCall('dies_once', {}, { ...options, repeatable: true });
    expect(await call.end).toBe('survived');
    expect(await ledger.lines()).toEqual(['dies begins', 'dies begins']);
  });

  test('over HTTP it is not made again either', async () => {
    const { options, ledger, http } = await serve('http', 'legacy');
    const call = await playCall('waits', {}, options);
    await expect.poll(() => ledger.lines(), { timeout: 50_000 }).toEqual(['waits']);
    await http!.kill();
    await expect(call.end).rejects.toMatchObject({ name: 'OutcomeUnknown' });
    expect(await ledger.lines()).toEqual(['waits']);
  });

  test('is made later if the server was not running: nothing was lost', async () => {
    const { options, ledger, http } = await serve('http', 'legacy');
    await http!.kill();
    const call = await playCall('steps', { count: 1 }, options);
    const again = await startHttpServer(ledger.path, http!.port);
    expect(await call.end).toMatchObject({ structured: { steps: 1 } });
    await again.kill();
  });
});

test('a call that is handed over continues and reports nothing twice', async () => {
  const { options, ledger } = await serve('stdio', 'modern');
  const told: [number, unknown][] = [];
  const first = await playCall(
    'steps',
    { count: 10, pause_ms: 100 },
    {
      ...options,
      yielded(step) {
        if (step.type === 'progress') told.push([step.percent, step.checkpoint]);
        if (told.length === 3) first.handOver();
      },
    },
  );
  await expect(first.end).rejects.toThrow('handed over');
  const [, checkpoint] = told.at(-1)!;
  const second = await playCall(
    'steps',
    { count: 10, pause_ms: 100 },
    {
      ...options,
      folder: first.folder,
      checkpoint,
    },
  );
  expect(await second.end).toMatchObject({ structured: { steps: 10 } });
  expect([
    ...told.map(([percent]) => percent),
    ...second.told.map((step) => (step as [number])[0]),
  ]).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  expect(await ledger.lines()).toHaveLength(11);
});

test('a call whose program was killed continues with its task', async () => {
  const { options, ledger } = await serve('http', 'modern');
  const call = await playCall('job', { ms: 3_000 }, options);
  await expect.poll(() => readMcpFile(call.folder, 'task.json'), { timeout: 50_000 }).toBeDefined();
  await killProgramIn(call.folder);
  expect(await call.end).toBe('the job is done');
  expect(await ledger.lines()).toEqual(['job begins']);
});

test('a call whose keeper was killed continues with its task, which was not cancelled', async () => {
  const { options, ledger } = await serve('http', 'modern');
  const call = await playCall('job', { ms: 3_000 }, options);
  await expect.poll(() => readMcpFile(call.folder, 'task.json'), { timeout: 50_000 }).toBeDefined();
  const keeper = (await readSpool(call.folder, 'keeper.json')) as { pid: number };
  process.kill(keeper.pid, 'SIGKILL');
  expect(await call.end).toBe('the job is done');
  expect(await ledger.lines()).toEqual(['job begins']);
});

test('the service’s environment does not leak into a stdio server', async () => {
  process.env.MEANWHILE_TEST_SECRET = 'hush';
  try {
    const { options } = await serve('stdio', 'modern');
    const server = { ...(options.server as StdioServer), env: { DECLARED: 'yes' } };
    const call = await playCall('environment', {}, { ...options, server });
    const seen = Object.keys(JSON.parse((await call.end) as string) as object);
    const harmless = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER'];
    expect(seen.filter((name) => !harmless.includes(name)).sort()).toEqual([
      'DECLARED',
      'MEANWHILE_SPOOL',
    ]);
  } finally {
    delete process.env.MEANWHILE_TEST_SECRET;
  }
});

async function killProgramIn(folder: string): Promise<void> {
  process.kill((await readSpool(folder, 'program.json'))!.pid, 'SIGKILL');
}

describe('a server that sends too much', () => {
  test('has a too large result refused, and the worker does not read it', async () => {
    const { options } = await serve('stdio', 'modern');
    const call = await playCall('floods', {}, options);
    await expect(call.end).rejects.toMatchObject({
      name: 'ResultTooLarge',
      message: expect.stringContaining('It was done, but its result has 40'),
    });
  });

  test('fails its own call if the result is nested too deeply, and no other', async () => {
    const { options } = await serve('stdio', 'modern');
    const call = await playCall('nests', { depth: 300 }, options);
    await expect(call.end).rejects.toMatchObject({
      name: 'ServerError',
      message: expect.stringContaining('nested deeper than 100 levels'),
    });
  });

  test('has its notes truncated and sanitized', async () => {
    const { options } = await serve('stdio', 'modern');
    const call = await playCall('babbles', {}, options);
    expect(await call.end).toBe('said');
    const [[percent, note]] = call.told as [[number, string]];
    expect(percent).toBe(50);
    expect(note.length).toBeLessThan(1_100);
    expect(note).toMatch(/^red word/);
  });
});

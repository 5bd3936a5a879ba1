/** Calls that share the host of their server: one process, which outlives the worker. */
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createLedger, startHttpServer, testServer } from '../../../test/kit/mcp/servers.ts';
import { eraOf, hostRoot, playCall, type PlayOptions } from '../../../test/kit/mcp/play-call.ts';
import { stopAllKept } from '../../../tools/keeper/attempts.ts';
import { readSpool } from '../../../tools/keeper/spool.ts';
import { identify } from '../../../tools/process-identity.ts';
import { readMcpFile } from '../../../tools/mcp-spool.ts';
import { mcpCallsIn } from '../../../tools/mcp-running.ts';
import type { HttpServer } from '../../../tools/declared-server.ts';

let modern: PlayOptions['era'];
beforeAll(async () => void (modern = await eraOf(testServer())));
const until = { timeout: 20_000 };

async function serve(kind: 'stdio' | 'http', era: 'modern' | 'legacy') {
  const ledger = await createLedger();
  const http = kind === 'http' ? await startHttpServer(ledger.path) : undefined;
  onTestFinished(() => http?.kill());
  const server = http
    ? ({ type: 'http', url: http.url, headers: {} } satisfies HttpServer)
    : testServer(ledger.path);
  const root = await hostRoot();
  const options: PlayOptions = {
    server,
    era: era === 'modern' ? modern : { kind: 'legacy' },
    session: 'warm',
    root,
  };
  return { ledger, http, options, root };
}

const hostsIn = async (root: string) =>
  (await readdir(root)).filter((name) => name.startsWith('mcp-'));

async function latestHost(root: string) {
  const [host] = (await hostsIn(root)).toSorted().slice(-1);
  const pidOf = async (name: 'keeper.json' | 'program.json') => {
    const written = await readSpool(join(root, host!), name);
    return (written as { pid: number }).pid;
  };
  return { keeper: await pidOf('keeper.json'), program: await pidOf('program.json') };
}

async function killHost(root: string): Promise<void> {
  process.kill((await latestHost(root)).program, 'SIGKILL');
}

describe.each(['stdio', 'http'] as const)('calls over %s', (kind) => {
  describe.each(['modern', 'legacy'] as const)('era %s', (era) => {
    test('share one host, and each has its own progress, results and failure', async () => {
      const { options, root } = await serve(kind, era);
      const [steps, partials, fails] = await Promise.all([
        playCall('steps', { count: 4 }, options),
        playCall('partials', {}, options),
        playCall('fails', {}, options),
      ]);
      expect(await steps.end).toEqual({ structured: { steps: 4 }, content: ['all steps done'] });
      expect(steps.told).toEqual([1, 2, 3, 4].map((step) => [25 * step, `step ${step}`]));
      expect(await partials.end).toBe('third');
      expect(partials.told).toEqual([{ part: 'first' }, { part: 'second' }]);
      await expect(fails.end).rejects.toMatchObject({
        name: 'ToolError',
        message: 'no room on the disk\n{"free":0}',
      });
      expect(await hostsIn(root)).toHaveLength(1);
    });

    test('stop-never-arrives: a cancel reaches the server', async () => {
      const { options, ledger } = await serve(kind, era);
      const call = await playCall('waits', {}, options);
      await expect.poll(() => ledger.lines(), until).toEqual(['waits']);
      call.cancel();
      await expect(call.end).rejects.toThrow('cancelled');
      await expect.poll(() => ledger.lines(), until).toEqual(['waits', 'cancelled']);
    });
  });
});

test('calls reach one process of a stdio server', async () => {
  const { options } = await serve('stdio', 'modern');
  const first = await (await playCall('remembers', {}, options)).end;
  const second = await (await playCall('remembers', {}, options)).end;
  expect(String(second)).toBe(String(first).replace('call 1', 'call 2'));
});

test('a call of a worker that has gone is found by the next one, and reports nothing twice', async () => {
  const { options, ledger } = await serve('stdio', 'modern');
  let checkpoint: unknown;
  const first = await playCall(
    'steps',
    { count: 10, pause_ms: 100 },
    {
      ...options,
      yielded(step) {
        checkpoint = step.checkpoint;
        if (step.type === 'progress' && step.percent === 30) first.handOver();
      },
    },
  );
  await expect(first.end).rejects.toThrow('handed over');
  const second = await playCall('steps', {}, { ...options, folder: first.folder, checkpoint });
  expect(await second.end).toMatchObject({ structured: { steps: 10 } });
  expect([...first.told, ...second.told].map((step) => (step as [number])[0])).toEqual([
    10, 20, 30, 40, 50, 60, 70, 80, 90, 100,
  ]);
  const third = await playCall('steps', {}, { ...options, folder: first.folder });
  expect(await third.end).toMatchObject({ structured: { steps: 10 } });
  expect(await ledger.lines()).toHaveLength(11);
});

describe('retried-unconditionally: a call whose host or server is killed', () => {
  test('has an unknown outcome, and the next call has a new host', async () => {
    const { options, ledger, root } = await serve('stdio', 'modern');
    const call = await playCall('waits', {}, options);
    await expect.poll(() => ledger.lines(), until).toEqual(['waits']);
    await killHost(root);
    await expect(call.end).rejects.toMatchObject({ name: 'OutcomeUnknown' });
    const next = await playCall('steps', { count: 1 }, options);
    expect(await next.end).toMatchObject({ structured: { steps: 1 } });
    expect(await hostsIn(root)).toHaveLength(2);
    expect((await ledger.lines()).filter((line) => line === 'waits')).toHaveLength(1);
  });

  test('is followed by a call that waits until the end of the host is noticed', async () => {
    const { options, root } = await serve('stdio', 'modern');
    await (
      await playCall('steps', { count: 1 }, options)
    ).end;
    const { keeper, program } = await latestHost(root);
    process.kill(keeper, 'SIGSTOP');
    process.kill(program, 'SIGKILL');
    const waiting = await playCall('steps', { count: 1 }, options);
    // Another host starts and makes a call in the meantime, which takes longer than retries without a pause would.
    const other = await serve('stdio', 'modern');
    await (
      await playCall('steps', { count: 1 }, other.options)
    ).end;
    expect(await hostsIn(root)).toHaveLength(1);
    process.kill(keeper, 'SIGCONT');
    expect(await waiting.end).toMatchObject({ structured: { steps: 1 } });
    expect(await hostsIn(root)).toHaveLength(2);
  });

  test('is made again where its server allows that', async () => {
    const { options, ledger } = await serve('stdio', 'modern');
    const call = await playCall('dies_once', {}, { ...options, repeatable: true });
    expect(await call.end).toBe('survived');
    expect(await ledger.lines()).toEqual(['dies begins', 'dies begins']);
  });

  test('fails with the end of the server’s stderr', async () => {
    const { options } = await serve('stdio', 'modern');
    const call = await playCall('dies', {}, options);
    await expect(call.end).rejects.toMatchObject({
      name: 'OutcomeUnknown',
      message: expect.stringContaining('out of luck'),
    });
  });

  test('continues with its task', async () => {
    const { options, ledger, root } = await serve('http', 'modern');
    const call = await playCall('job', { ms: 3_000 }, options);
    await expect.poll(() => readMcpFile(call.folder, 'task.json'), until).toBeDefined();
    await killHost(root);
    expect(await call.end).toBe('the job is done');
    expect(await ledger.lines()).toEqual(['job begins']);
  });
});

test.each(['modern', 'legacy'] as const)(
  'a server of era %s that was started again is called again, though its host knows the old one',
  async (era) => {
    const { options, ledger, http, root } = await serve('http', era);
    expect(await (await playCall('remembers', {}, options)).end).toContain('call 1');
    await http!.kill();
    const call = await playCall('remembers', {}, options);
    const again = await startHttpServer(ledger.path, http!.port);
    onTestFinished(() => again.kill());
    expect(await call.end).toContain('call 1');
    expect(await hostsIn(root)).toHaveLength(1);
  },
);

describe('a host whose keeper was killed', () => {
  test('goes on with its calls, and the next worker finds them', async () => {
    const { options, ledger, root } = await serve('stdio', 'modern');
    const first = await playCall('steps', { count: 20, pause_ms: 100 }, options);
    await expect.poll(() => ledger.lines(), until).toContain('steps begins');
    process.kill((await latestHost(root)).keeper, 'SIGKILL');
    first.handOver();
    await expect(first.end).rejects.toThrow('handed over');
    const second = await playCall('steps', {}, { ...options, folder: first.folder });
    expect(await second.end).toMatchObject({ structured: { steps: 20 } });
    expect(await hostsIn(root)).toHaveLength(1);
    expect((await ledger.lines()).filter((line) => line === 'steps begins')).toHaveLength(1);
  });

  test('makes the next calls too, so that its server runs once', async () => {
    const { options, root } = await serve('stdio', 'modern');
    const first = String(await (await playCall('remembers', {}, options)).end);
    process.kill((await latestHost(root)).keeper, 'SIGKILL');
    const second = await (await playCall('remembers', {}, options)).end;
    expect(second).toBe(first.replace('call 1', 'call 2'));
    expect(await hostsIn(root)).toHaveLength(1);
  });

  test('and that has lost its address is ended before another one starts', async () => {
    const { options, root } = await serve('stdio', 'modern');
    await (
      await playCall('remembers', {}, options)
    ).end;
    const { keeper, program } = await latestHost(root);
    process.kill(keeper, 'SIGKILL');
    const [host] = await hostsIn(root);
    // As when its keeper is killed before the host is up.
    for (const name of ['host.json', 'program.json']) await rm(join(root, host!, name));
    expect(await (await playCall('remembers', {}, options)).end).toContain('call 1');
    expect(await identify(program)).toBeUndefined();
    expect(await hostsIn(root)).toHaveLength(2);
  });

  test('and that was killed as well is followed by another one, and its calls are not listed', async () => {
    const { options, ledger, root } = await serve('stdio', 'modern');
    const folder = join(root, 'call_1');
    await mkdir(folder);
    const call = await playCall('waits', {}, { ...options, folder });
    await expect.poll(() => ledger.lines(), until).toEqual(['waits']);
    const { keeper, program } = await latestHost(root);
    process.kill(keeper, 'SIGKILL');
    process.kill(program, 'SIGKILL');
    await expect(call.end).rejects.toMatchObject({ name: 'OutcomeUnknown' });
    expect(await mcpCallsIn(root)).toEqual([]);
    expect(await (await playCall('remembers', {}, options)).end).toContain('call 1');
  });
});

test('a call is cancelled by anyone who ends what its folder runs', async () => {
  const { options, ledger } = await serve('stdio', 'modern');
  const call = await playCall('waits', {}, options);
  await expect.poll(() => ledger.lines(), until).toEqual(['waits']);
  await stopAllKept(call.folder);
  await expect.poll(() => ledger.lines(), until).toEqual(['waits', 'cancelled']);
  await expect(call.end).rejects.toMatchObject({ name: 'OutcomeUnknown' });
});

test('a call that was cancelled before it began never begins', async () => {
  const { options, ledger } = await serve('stdio', 'modern');
  const call = await playCall('steps', { count: 1 }, options);
  call.cancel();
  await expect(call.end).rejects.toThrow('cancelled');
  const again = await playCall('steps', { count: 1 }, { ...options, folder: call.folder });
  await again.end.catch(() => {});
  expect((await ledger.lines()).filter((line) => line === 'steps begins').length).toBeLessThan(2);
});

test('calls that are under way are listed for people', async () => {
  const { options, ledger, root } = await serve('stdio', 'modern');
  const folder = join(root, 'call_1');
  await mkdir(folder);
  const call = await playCall('waits', {}, { ...options, folder });
  await expect.poll(() => ledger.lines(), until).toEqual(['waits']);
  await expect.poll(() => mcpCallsIn(root), until).toEqual(['test__waits (call_1)']);
  call.cancel();
  await expect(call.end).rejects.toThrow();
  await expect.poll(() => mcpCallsIn(root), until).toEqual([]);
});

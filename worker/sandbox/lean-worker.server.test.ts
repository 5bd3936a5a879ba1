import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type InjectedSinks,
  NativeConnection,
  Worker,
} from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import type * as stubborn from '../../test/kit/workflows/stubborn.ts';
import { leanOptions } from './index.ts';
import { createLeanWorker, type LeanOptions, MADE_FOR } from './lean-worker.ts';

const address = inject('temporalAddress');
let folder: string;
let codePath: string;
let client: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-sandbox-'));
  codePath = join(folder, 'workflows-test.js');
  const workflowsPath = fileURLToPath(
    new URL('../../test/kit/workflows/stubborn.ts', import.meta.url),
  );
  const logger = new DefaultLogger('WARN');
  await writeFile(codePath, (await bundleWorkflowCode({ workflowsPath, logger })).code);
  client = new Client({ connection: await Connection.connect({ address }) });
});

afterAll(async () => {
  await client.connection.close();
  await rm(folder, { recursive: true, force: true });
});

/** @param lean undefined for the SDK's own sandbox */
async function startWorker(
  lean: LeanOptions | undefined,
  sinks?: InjectedSinks<stubborn.ToldSinks>,
) {
  const taskQueue = `sandbox-${randomUUID()}`;
  const connection = await NativeConnection.connect({ address });
  const options = {
    connection,
    taskQueue,
    workflowBundle: { codePath },
    shutdownForceTime: '1s',
    ...(sinks && { sinks }),
  } as const;
  const worker = await (lean ? createLeanWorker(options, lean) : Worker.create(options));
  const running = worker.run();
  running.catch(() => {});
  onTestFinished(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running.catch(() => {});
    await connection.close();
  });
  return {
    running,
    start: (name: keyof typeof stubborn, ...args: unknown[]) =>
      client.workflow.start(name, { taskQueue, workflowId: randomUUID(), args }),
  };
}

const lean = (more: Partial<LeanOptions> = {}): LeanOptions => ({
  stackTraces: false,
  stuck: () => {},
  ...more,
});

test('the lean worker matches the installed version of the SDK', async () => {
  const { dependencies } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { dependencies: Record<string, string> };
  expect(dependencies['@temporalio/worker']).toBe(MADE_FOR);
});

test('a workflow runs', async () => {
  const { start } = await startWorker(lean());
  const handle = await start('answers', 'done');
  expect(await handle.result()).toBe('done');
});

test('the sinks that a workflow calls are called, in each of its tasks', async () => {
  const hear = vi.fn<(what: string) => void>();
  const told = { hear: { fn: (_: unknown, what: string) => hear(what) } };
  const { start } = await startWorker(lean(), { told });
  const handle = await start('tells');
  await handle.result();
  await vi.waitFor(() => expect(hear.mock.calls).toEqual([['first'], ['last']]));
});

describe('the place where a workflow waits', () => {
  const ask = async (stackTraces: boolean) => {
    const { start } = await startWorker(lean({ stackTraces }));
    const handle = await start('waitsForEver');
    onTestFinished(async () => void (await handle.terminate()));
    return handle.query<string>('__stack_trace');
  };

  test('is shown when stack traces are enabled', async () => {
    const trace = await ask(true);
    expect(trace).toContain('waitsForEver');
    expect(trace).toMatch(/stubborn\.ts:\d+:\d+/);
  });

  test('is refused with a reason when they are not', async () => {
    await expect(ask(false)).rejects.toThrow('stack traces are not enabled');
  });
});

describe('a workflow that never yields', () => {
  test('fails the worker, which remembers that for this bundle', async () => {
    const warn = vi.fn();
    const logger = Object.assign(new DefaultLogger('WARN'), { warn });
    const stuck = Promise.withResolvers<Error>();
    const given = { home: folder, stackTraces: false, logger, failed: stuck.resolve };
    const options = leanOptions({ codePath }, given)!;
    const { start } = await startWorker({ ...options, patience_ms: 3_000 });
    const handle = await start('spins');
    onTestFinished(async () => void (await handle.terminate()));
    expect((await stuck.promise).message).toContain('A workflow does not yield');

    expect(leanOptions({ codePath }, given)).toBeUndefined();
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('workflows-test.js.stuck'));
  });

  test('fails only its own task in the SDK’s own sandbox, which is used from then on', async () => {
    const { start } = await startWorker(undefined);
    const handle = await start('spins');
    onTestFinished(async () => void (await handle.terminate()));
    await vi.waitFor(
      async () => {
        const { events } = await handle.fetchHistory();
        expect(events!.some((event) => event.workflowTaskFailedEventAttributes)).toBe(true);
      },
      { timeout: 30_000 },
    );
    const other = await start('answers', 'still here');
    expect(await other.result()).toBe('still here');
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lock } from '../../worker/file-lock.ts';
import { identify, isAlive } from '../../tools/process-identity.ts';
import { STARTING, startTemporal, type RunningTemporal } from './start.ts';

const ANY_PORT = { preferredPort: 0, preferredUiPort: 0 };

let home: string;
let lines: string[];
let running: RunningTemporal[];
const log = (line: string) => void lines.push(line);

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'meanwhile-start-'));
  lines = [];
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((temporal) => temporal.stop()));
  await rm(home, { recursive: true, force: true });
});

test('a killed server is restarted on its port with its data', async () => {
  const temporal = await start();
  const { pid } = temporal;
  await startWorkflow(temporal.address, 'before-the-kill');

  process.kill(pid, 'SIGKILL');

  await vi.waitFor(() => expect(lines.at(-1)).toMatch(/is running again/), 30_000);
  expect(temporal.pid).not.toBe(pid);
  expect(lines).toContain('The Temporal server stopped (SIGKILL). Restarting it …');
  expect(await describeWorkflow(temporal.address, 'before-the-kill')).toBe('RUNNING');
});

test('stop ends the server, and the next start finds the data', async () => {
  const first = await start();
  const identity = await identify(first.pid);
  await startWorkflow(first.address, 'yesterday');
  await first.stop();
  expect(await isAlive(identity!)).toBe(false);

  const second = await start();
  expect(await describeWorkflow(second.address, 'yesterday')).toBe('RUNNING');
});

test('the server of a service that was killed is taken over, watched and stopped', async () => {
  const left = await leaveBehind();
  await startWorkflow(left.address, 'survivor');

  const temporal = await start();
  expect(temporal).toMatchObject({ pid: left.pid, address: left.address });
  expect(await describeWorkflow(temporal.address, 'survivor')).toBe('RUNNING');

  process.kill(left.pid, 'SIGKILL');
  await vi.waitFor(() => expect(lines.at(-1)).toMatch(/is running again/), 30_000);
  expect(temporal.pid).not.toBe(left.pid);
  expect(await describeWorkflow(temporal.address, 'survivor')).toBe('RUNNING');

  const identity = await identify(temporal.pid);
  await temporal.stop();
  expect(await isAlive(identity!)).toBe(false);
});

test('a surviving server that does not answer is stopped, and its data is kept', async () => {
  const left = await leaveBehind();
  await startWorkflow(left.address, 'frozen');
  const identity = (await identify(left.pid))!;
  process.kill(left.pid, 'SIGSTOP');
  await expect.poll(() => stateOf(left.pid)).toBe('T');

  const temporal = await start();
  expect(lines).toContainEqual(expect.stringContaining(`(pid ${left.pid}) does not answer`));
  expect(await isAlive(identity)).toBe(false);
  expect(await identify(temporal.pid)).not.toEqual(identity);
  expect(await describeWorkflow(temporal.address, 'frozen')).toBe('RUNNING');
});

test('ports in use are replaced by free ones, which are named', async () => {
  const port = await occupy();
  const uiPort = await occupy();
  const temporal = await start({ preferredPort: port, preferredUiPort: uiPort });

  expect(temporal.address).not.toBe(`127.0.0.1:${port}`);
  expect(lines).toEqual([
    `Port ${port} is in use: Temporal uses port ${temporal.address.split(':')[1]} instead.`,
    `Port ${uiPort} is in use: Temporal's UI uses port ${new URL(temporal.uiUrl).port} instead.`,
  ]);
});

test('two servers that start at once with the same usual ports get different ones', async () => {
  const free = await occupy(); // Let go at once: both would find it free.
  await Promise.all(closers.splice(0).map((close) => close()));
  const other = await mkdtemp(join(tmpdir(), 'meanwhile-start-'));
  try {
    const [one, two] = await Promise.all([
      leaveBehind({ preferredPort: free }),
      leaveBehind({ home: other, preferredPort: free }),
    ]);
    expect([one.address, two.address]).toContain(`127.0.0.1:${free}`);
    expect(one.address).not.toBe(two.address);
    running.push(await startTemporal({ home, log }), await startTemporal({ home: other, log }));
    expect(running.map(({ pid }) => pid)).toEqual([one.pid, two.pid]);
  } finally {
    await Promise.all(running.splice(0).map((temporal) => temporal.stop()));
    await rm(other, { recursive: true, force: true });
  }
});

test('a server waits to start while another of the same user chooses its ports', async () => {
  const release = await lock(STARTING, new AbortController().signal);
  try {
    // Far longer than a start takes.
    await expect(start({ signal: AbortSignal.timeout(3_000) })).rejects.toThrow(/timeout/);
  } finally {
    release();
  }
});

test('a namespace of its own is created', async () => {
  const temporal = await start({ namespace: 'elsewhere' });
  await startWorkflow(temporal.address, 'there', 'elsewhere');
  expect(await describeWorkflow(temporal.address, 'there', 'elsewhere')).toBe('RUNNING');
});

async function start(options: Partial<Parameters<typeof startTemporal>[0]> = {}) {
  const temporal = await startTemporal({ home, ...ANY_PORT, log, ...options });
  running.push(temporal);
  return temporal;
}

/** Starts a server from a process that is then killed. */
async function leaveBehind(
  options: { home?: string; preferredPort?: number } = {},
): Promise<{ pid: number; address: string }> {
  const service = execa({ reject: false })`${process.execPath} --input-type=module -e ${`
    const { startTemporal } = await import(${JSON.stringify(new URL('start.ts', import.meta.url))});
    const options = ${JSON.stringify({ home, ...ANY_PORT, ...options })};
    const { pid, address } = await startTemporal({ ...options, log: console.error });
    console.log(JSON.stringify({ pid, address }));
    setInterval(() => {}, 1_000);
  `}`;
  for await (const line of service) {
    service.kill('SIGKILL');
    return JSON.parse(line);
  }
  throw new Error((await service).stderr);
}

async function withClient<T>(
  address: string,
  namespace: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

async function startWorkflow(address: string, workflowId: string, namespace = 'default') {
  await withClient(address, namespace, (client) =>
    client.workflow.start('without-a-worker', { workflowId, taskQueue: 'none' }),
  );
}

async function describeWorkflow(address: string, workflowId: string, namespace = 'default') {
  return withClient(address, namespace, async (client) => {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name;
  });
}

/** A letter as in `ps`: T is stopped. */
async function stateOf(pid: number): Promise<string> {
  return (await execa`ps -o stat= -p ${pid}`).stdout[0]!;
}

let closers: (() => Promise<void>)[] = [];

async function occupy(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(() => new Promise((done) => server.close(() => done())));
  return (server.address() as { port: number }).port;
}

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

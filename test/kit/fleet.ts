/** An API and several workers, each a process with a home of its own, on one PostgreSQL and one Temporal server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Meanwhile } from '../../client/meanwhile.ts';
import { guardHome } from './guard-home.ts';
import { startPostgresServer, type TestPostgresServer } from './postgres.ts';
import { startTestTemporal } from './temporal.ts';

export interface FleetWorker {
  pid: number;
  signal(signal: NodeJS.Signals): void;
  /** All it has printed. */
  output(): string;
}

export interface Fleet {
  client: Meanwhile;
  workers: FleetWorker[];
  postgres: TestPostgresServer;
  /** host:port */
  temporalAddress: string;
  /** Of the Temporal server. */
  temporalPid: number;
  startWorker(): Promise<FleetWorker>;
  output(): string;
  close(): Promise<void>;
}

export async function startFleet(
  workers: number,
  settings: Record<string, string>,
): Promise<Fleet> {
  const begun: (() => Promise<unknown>)[] = [];
  const postgres = await startPostgresServer();
  begun.push(() => postgres.stop());
  const temporal = await startTestTemporal(() => {});
  begun.push(() => temporal.close());
  const said: (() => string)[] = [];

  async function start(role: string, pattern: RegExp) {
    const home = await mkdtemp(join(tmpdir(), 'meanwhile-fleet-'));
    const guard = guardHome(home);
    const child = spawn(process.execPath, [MEANWHILE, role], {
      cwd: home,
      env: {
        ...process.env,
        MEANWHILE_HOME: home,
        PORT: '0',
        TEMPORAL_ADDRESS: temporal.address,
        DATABASE_URL: postgres.url,
        MEANWHILE_SECRET: 'the secret of a fleet that is only tested',
        ...settings,
      },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    begun.push(async () => {
      await end(child);
      guard.kill();
      await rm(home, { recursive: true, force: true });
    });
    let output = '';
    said.push(() => `${role} ${child.pid}:\n${output}`);
    const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
      const onOutput = (text: string) => {
        output += text;
        const found = pattern.exec(output);
        if (found) resolve(found);
      };
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', onOutput);
      child.once('exit', () => reject(new Error(`The ${role} ended:\n${output}`)));
    });
    return { child, ready, output: () => output };
  }

  const fleet: Fleet = {
    client: undefined as never,
    workers: [],
    postgres,
    temporalAddress: temporal.address,
    temporalPid: temporal.pid,
    async startWorker() {
      const { child, output } = await start('worker', /The worker is ready/);
      const worker = {
        pid: child.pid!,
        signal: (signal: NodeJS.Signals) => void child.kill(signal),
        output,
      };
      fleet.workers.push(worker);
      return worker;
    },
    output: () => said.map((output) => output()).join('\n'),
    async close() {
      for (const end of begun.toReversed()) await end();
    },
  };
  try {
    const [api] = await Promise.all([
      start('api', /The API is ready: (\S+)/),
      ...Array.from({ length: workers }, () => fleet.startWorker()),
    ]);
    fleet.client = new Meanwhile({ baseURL: api.ready[1]!, maxRetries: 0 });
    return fleet;
  } catch (error) {
    await fleet.close();
    throw error;
  }
}

const MEANWHILE = fileURLToPath(new URL('../../cli/meanwhile.js', import.meta.url));

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

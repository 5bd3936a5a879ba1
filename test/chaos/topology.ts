/** The real topology: PostgreSQL, Temporal, workers and an API, each a process of its own, on data that stays. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundleWorkflowCode } from '@temporalio/worker';
import { usualOrFreePort } from '../../cli/ports.ts';
import { findTemporal } from '../../cli/temporal/find.ts';
import { launch } from '../../cli/temporal/launch.ts';
import { settings } from '../../config.ts';
import { startPostgresServer } from '../kit/postgres.ts';
import { bundleOptions } from '../../worker/bundle.ts';
import type { FromWorker, Reached, ToWorker } from './places.ts';
import { type Proxy, startProxy } from './proxy.ts';
import type { Random } from './random.ts';
import { type Member, type Process, supervise } from './supervise.ts';

export interface WorkerMember extends Member {
  tell(message: ToWorker): void;
}

export type Upstream = 'temporal' | 'database';

/** The network between two of them: whatever a member sends to Temporal or the database goes through it. */
export interface Link {
  member: Member;
  to: Upstream;
  proxy: Proxy;
}

export interface Topology {
  /** Of the API. */
  url: string;
  /** Past all proxies. */
  temporalAddress: string;
  /** MEANWHILE_HOME of all of them. */
  home: string;
  workers: WorkerMember[];
  api: Member;
  temporal: Member;
  database: Member;
  links: Link[];
  /** Every member does its work. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface TopologyOptions {
  /** Empty. Absolute. */
  folder: string;
  modelUrl: string;
  workers: number;
  random: Random;
  /** A worker does its work, for the first time or again. */
  started(worker: WorkerMember, again: boolean): void;
  /** A worker stands still at a place. */
  reached(worker: WorkerMember, message: Reached): void;
  log(line: string): void;
}

const HOST = '127.0.0.1';
const HERE = fileURLToPath(new URL('.', import.meta.url));
/** A process manager waits a moment before it starts something again. Milliseconds. */
const RESTART_MS = [100, 1_000] as const;

export async function startTopology(options: TopologyOptions): Promise<Topology> {
  const { folder, modelUrl, random, log } = options;
  const home = join(folder, 'home');
  await mkdir(home, { recursive: true });
  const [postgres, command, bundle, port, uiPort, apiPort] = await Promise.all([
    startPostgresServer(),
    findTemporal(log, new AbortController().signal),
    bundleInto(folder),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const temporalAddress = `${HOST}:${port}`;
  const environment = {
    ...withoutSettings(process.env),
    MEANWHILE_HOME: home,
    MEANWHILE_EXTENSIONS: join(HERE, 'extensions'),
    OPENAI_BASE_URL: modelUrl,
    OPENAI_MODEL: 'chaos',
    PORT: String(apiPort),
  };
  const member = (
    name: string,
    start: () => Promise<Process>,
    started?: (again: boolean) => void,
  ) => {
    const delays = random.fork(`restarts of ${name}`);
    return supervise({ name, start, started, log, delay: () => delays.between(...RESTART_MS) });
  };

  let firstDatabase = true;
  const database = member('database', async () => {
    if (!firstDatabase) await postgres.restart();
    firstDatabase = false;
    return { pid: postgres.pid()!, ready: Promise.resolve(), died: gone(() => postgres.pid()) };
  });
  const temporal = member('temporal', async () => {
    const { signal } = new AbortController();
    const server = await launch({
      command,
      home,
      namespace: 'default',
      port,
      uiPort,
      signal,
    });
    return { pid: server.identity.pid, ready: Promise.resolve(), died: server.died };
  });
  await Promise.all([database.up(), temporal.up()]);

  const links: Link[] = [];
  /** A network of its own: the addresses of its two proxies. @returns them, and what to call once the member is there */
  const connectAlone = async () => {
    const url = new URL(postgres.url);
    const [toTemporal, toDatabase] = await Promise.all([
      startProxy({ host: HOST, port }),
      startProxy({ host: HOST, port: Number(url.port) }),
    ]);
    url.port = String(toDatabase.port);
    const own = { TEMPORAL_ADDRESS: `${HOST}:${toTemporal.port}`, DATABASE_URL: url.href };
    const belongsTo = (member: Member) =>
      void links.push(
        { member, to: 'temporal', proxy: toTemporal },
        { member, to: 'database', proxy: toDatabase },
      );
    return { env: { ...environment, ...own }, belongsTo };
  };
  const networks = await Promise.all(
    Array.from({ length: options.workers + 1 }, () => connectAlone()),
  );

  const workers: WorkerMember[] = Array.from({ length: options.workers }, (_, i) => {
    const name = `worker ${i + 1}`;
    const { env, belongsTo } = networks[i]!;
    let child: ChildProcess | undefined;
    const start = async (): Promise<Process> => {
      const own = fork(join(HERE, 'worker.ts'), [bundle], {
        cwd: home,
        env,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      child = own;
      keepOutput(own, join(folder, `${name}.log`));
      const ready = new Promise<void>((resolve) => {
        own.on('message', (message: FromWorker) => {
          if (message.type === 'ready') resolve();
          else options.reached(worker, message);
        });
      });
      return { pid: own.pid!, ready, died: once(own, 'exit') };
    };
    const started = (again: boolean) => options.started(worker, again);
    const tell = (message: ToWorker) => void (child?.connected && child.send(message, () => {}));
    const worker: WorkerMember = Object.assign(member(name, start, started), { tell });
    belongsTo(worker);
    return worker;
  });

  const outermost = networks.at(-1)!;
  const api = member('api', async () => {
    const own = spawn(process.execPath, [join(HERE, '../../cli/meanwhile.js'), 'api'], {
      cwd: home,
      env: outermost.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    keepOutput(own, join(folder, 'api.log'));
    const ready = new Promise<void>((resolve) => {
      own.stdout.on('data', (text) => /The API is ready/.test(String(text)) && resolve());
    });
    return { pid: own.pid!, ready, died: once(own, 'exit') };
  });

  outermost.belongsTo(api);

  const all = [...workers, api, temporal, database];
  return {
    url: `http://${HOST}:${apiPort}`,
    temporalAddress,
    home,
    workers,
    api,
    temporal,
    database,
    links,
    async up() {
      await Promise.all(all.map((one) => one.up()));
    },
    async stop() {
      await Promise.all([...workers, api].map((one) => one.stop()));
      await Promise.all(links.map(({ proxy }) => proxy.close()));
      await temporal.stop();
      await database.stop();
      await postgres.stop();
    },
  };
}

const freePort = () => usualOrFreePort('', { usual: 0, host: HOST, log: () => {} });

/** With the workflow code that tells when it continues as new. */
async function bundleInto(folder: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    ...bundleOptions(),
    workflowInterceptorModules: [join(HERE, 'continue-as-new.ts')],
  });
  const file = join(folder, 'workflows.js');
  await writeFile(file, code);
  return file;
}

function keepOutput({ stdout, stderr }: ChildProcess, file: string): void {
  const kept = createWriteStream(file, { flags: 'a' });
  for (const output of [stdout, stderr]) output?.pipe(kept, { end: false });
}

/** The run does not inherit the settings of its operator. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = new Set(Object.keys(settings.shape));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !own.has(name)));
}

async function gone(pid: () => number | undefined): Promise<void> {
  while (pid() !== undefined) await sleep(20);
}

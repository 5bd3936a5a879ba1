/** The service as separate processes on the servers of a topology, each with a network of its own to each server. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { usualOrFreePort } from '../../cli/ports.ts';
import type { Meanwhile } from '../../client/meanwhile.ts';
import { settings } from '../../config.ts';
import { throughBalancer } from '../kit/balancer.ts';
import { bundleInto } from './bundle.ts';
import { type McpSite, openSite } from './mcp/site.ts';
import type { FromWorker, Reached, ToWorker } from './places.ts';
import { type Proxy, startProxy } from './proxy.ts';
import type { Random } from './random.ts';
import { HOST, startServers, type TopologyName } from './servers.ts';
import { type Member, type Process, supervise } from './supervise.ts';

export interface WorkerMember extends Member {
  tell(message: ToWorker): void;
}

export type Backend = 'temporal' | 'database' | 'redis';

/** The network between two of them: whatever a member sends to a server goes through it. */
export interface NetworkLink {
  member: Member;
  to: Backend;
  proxy: Proxy;
}

export interface Topology {
  name: TopologyName;
  /** Speaks with each API in turn, and repeats nothing. */
  client: Meanwhile;
  /** Past all proxies. */
  temporalAddress: string;
  /** MEANWHILE_HOME of all of them. */
  home: string;
  workers: WorkerMember[];
  apis: Member[];
  temporal: Member;
  database: Member;
  /** Temporal's own. Undefined in the small topology, as is Redis. */
  temporalDatabase?: Member;
  redis?: Member;
  links: NetworkLink[];
  /** Undefined for a run without MCP. */
  mcp?: McpSite;
  /** With MCP: API and worker in one process, beside the others. It makes short calls of harnesses at once. */
  service?: Member;
  /** Every member does its work. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface TopologyOptions {
  name: TopologyName;
  /** Empty. Absolute. */
  folder: string;
  modelUrl: string;
  workers: number;
  /** With MCP servers, and proxies in front of them. */
  mcp: boolean;
  random: Random;
  /** A worker does its work, for the first time or again. */
  started(worker: WorkerMember, again: boolean): void;
  /** A worker stands still at a place. */
  reached(worker: WorkerMember, message: Reached): void;
  log(line: string): void;
}

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** A process manager waits a moment before it starts something again. Milliseconds. */
const RESTART_MS = [100, 1_000] as const;

export async function startTopology(options: TopologyOptions): Promise<Topology> {
  const { folder, modelUrl, random, log } = options;
  const home = join(folder, 'home');
  await mkdir(home, { recursive: true });
  const apiCount = options.name === 'cluster' ? 2 : 1;
  const bundle = await bundleInto(folder);
  const apiPorts: number[] = [];
  while (apiPorts.length < apiCount) apiPorts.push(await freePort(apiPorts));
  const servicePort = await freePort(apiPorts);
  const environment: NodeJS.ProcessEnv = {
    ...withoutSettings(process.env),
    MEANWHILE_HOME: home,
    MEANWHILE_EXTENSIONS: join(HERE, 'extensions'),
    OPENAI_BASE_URL: modelUrl,
    OPENAI_MODEL: 'chaos',
    PORT: String(apiPorts[0]),
  };
  const member = (
    name: string,
    start: () => Promise<Process>,
    started?: (again: boolean) => void,
  ) => {
    const delays = random.fork(`restarts of ${name}`);
    return supervise({ name, start, started, log, delay: () => delays.between(...RESTART_MS) });
  };

  const mcp = options.mcp
    ? await openSite({
        folder,
        home,
        environment: withoutSettings(process.env),
        apiUrl: `http://${HOST}:${apiPorts[0]}`,
        serviceUrl: `http://${HOST}:${servicePort}`,
        member,
      })
    : undefined;
  Object.assign(environment, mcp?.environment);

  const servers = await startServers(options.name, { folder, home, log, member });
  const { temporal, database, temporalDatabase, redis, ports } = servers;
  const kept = [temporal, database, temporalDatabase, redis].filter((one) => one !== undefined);
  await Promise.all(kept.map((one) => one.up()));

  const links: NetworkLink[] = [];
  /** A network of its own: the addresses of its proxies. @returns them, and what to call once the member is there */
  const connectAlone = async () => {
    const url = new URL(servers.databaseUrl);
    const [toTemporal, toDatabase, toRedis] = await Promise.all([
      startProxy({ host: HOST, port: ports.temporal }),
      startProxy({ host: HOST, port: Number(url.port) }),
      ports.redis === undefined ? undefined : startProxy({ host: HOST, port: ports.redis }),
    ]);
    url.port = String(toDatabase.port);
    const own = {
      TEMPORAL_ADDRESS: `${HOST}:${toTemporal.port}`,
      DATABASE_URL: url.href,
      ...(toRedis && { REDIS_URL: `redis://${HOST}:${toRedis.port}` }),
    };
    const belongsTo = (member: Member) =>
      void links.push(
        { member, to: 'temporal', proxy: toTemporal },
        { member, to: 'database', proxy: toDatabase },
        ...(toRedis ? [{ member, to: 'redis' as const, proxy: toRedis }] : []),
      );
    return { env: { ...environment, ...own }, belongsTo };
  };
  const networks = await Promise.all(
    Array.from({ length: options.workers + apiCount + (mcp ? 1 : 0) }, () => connectAlone()),
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

  /** A part of the service, by its command. */
  const command = (name: string, words: string[], own: { port: number; nth: number }): Member => {
    const { env, belongsTo } = networks[own.nth]!;
    const one = member(name, async () => {
      const child = spawn(process.execPath, [join(HERE, '../../cli/meanwhile.js'), ...words], {
        cwd: home,
        env: { ...env, PORT: String(own.port) },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      keepOutput(child, join(folder, `${name}.log`));
      const ready = new Promise<void>((resolve) => {
        child.stdout.on(
          'data',
          (text) => /(The API|Meanwhile) is ready/.test(String(text)) && resolve(),
        );
      });
      return { pid: child.pid!, ready, died: once(child, 'exit') };
    });
    belongsTo(one);
    return one;
  };
  const apis = apiPorts.map((port, i) => {
    const name = apiCount === 1 ? 'api' : `api ${i + 1}`;
    return command(name, ['api'], { port, nth: options.workers + i });
  });
  const nth = options.workers + apiCount;
  const service = mcp && command('service', ['start'], { port: servicePort, nth });

  const own = [...workers, ...apis, ...(service ? [service] : [])];
  const all = [...own, ...kept, ...(mcp ? [mcp.upstream] : [])];
  return {
    name: options.name,
    client: throughBalancer(
      apiPorts.map((port) => ({ url: `http://${HOST}:${port}` })),
      { maxRetries: 0 },
    ),
    temporalAddress: `${HOST}:${ports.temporal}`,
    home,
    workers,
    apis,
    temporal,
    database,
    temporalDatabase,
    redis,
    links,
    ...(mcp && { mcp }),
    ...(service && { service }),
    async up() {
      await Promise.all(all.map((one) => one.up()));
    },
    async stop() {
      await mcp?.stop();
      await Promise.all(own.map((one) => one.stop()));
      await Promise.all(links.map(({ proxy }) => proxy.close()));
      for (const one of kept) await one.stop();
      await servers.remove();
    },
  };
}

const freePort = (exclude: number[]) =>
  usualOrFreePort('', { usual: 0, host: HOST, exclude, log: () => {} });

function keepOutput({ stdout, stderr }: ChildProcess, file: string): void {
  const kept = createWriteStream(file, { flags: 'a' });
  for (const output of [stdout, stderr]) output?.pipe(kept, { end: false });
}

/** The run does not inherit the settings of its operator. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = new Set(Object.keys(settings.shape));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !own.has(name)));
}

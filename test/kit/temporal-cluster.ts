/**
 * The Temporal cluster of docker-compose.yml as a process: its four services together, on free ports of 127.0.0.1, with the schemas
 * and settings of that file and a PostgreSQL of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { usualOrFreePort } from '../../cli/ports.ts';
import { findTemporal } from '../../cli/temporal/find.ts';
import { waitForTemporal } from '../../cli/temporal/ready.ts';
import { type ComposeService, readCompose } from './compose.ts';
import type { FleetTemporal } from './fleet.ts';
import { startPostgresServer, type TestPostgresServer } from './postgres.ts';
import { stopWithThisProcess } from './stop-with-this-process.ts';
import { findTemporalServer } from './temporal-server.ts';
import { removeFolder } from './remove-folder.ts';

export interface TemporalCluster extends FleetTemporal {
  database: TestPostgresServer;
  /** Runs the scripts of docker-compose.yml for schemas and namespace once more, as `docker compose up` does. */
  prepareAgain(): Promise<void>;
  /** Resolves when its process has died. */
  died(): Promise<unknown>;
  kill9(): Promise<void>;
  /** On the same ports. Resolves when it serves the namespace `default`. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  log?(line: string): void;
  /** Gets what the server prints. */
  logFile?: string;
}

const HOST = '127.0.0.1';
const START_MS = 120_000;
/** Between a server that ended while it started, and the next one. */
const AGAIN_MS = 500;

export async function startTemporalCluster({
  log = console.log,
  logFile,
}: ClusterOptions = {}): Promise<TemporalCluster> {
  const { server, sqlTool } = await findTemporalServer(log);
  const database = await startPostgresServer();
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-cluster-'));
  let child: ChildProcess | undefined;
  let isOver = false;

  /** A server whose database is away ends at once. It is started again, as a supervisor would do. */
  async function start(): Promise<void> {
    for (const deadline = Date.now() + START_MS; ;) {
      try {
        return await startOnce();
      } catch (error) {
        if (isOver || child || Date.now() > deadline) throw error;
      }
      await sleep(AGAIN_MS);
    }
  }

  async function startOnce(): Promise<void> {
    const own = spawn(
      server,
      ['--root', folder, '--config', '.', '--env', 'cluster', '--allow-no-auth', 'start'],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child = own;
    stopWithThisProcess(own, folder, 'KILL');
    let said = '';
    const kept = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
    for (const output of [own.stdout, own.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-10_000);
        kept?.write(text);
      });
    }
    // What it has printed arrives after its exit.
    own.once('close', () => kept?.end());
    const died = once(own, 'exit').then(() => {
      if (child === own) child = undefined;
      throw new Error('it ended');
    });
    died.catch(() => {});
    const wanted = { address, namespace: 'default', timeoutMs: START_MS } as const;
    try {
      await Promise.race([waitForTemporal({ ...wanted, ifNoNamespace: 'create' }), died]);
    } catch (cause) {
      own.kill('SIGKILL');
      throw new Error(`The Temporal cluster did not start:\n${said}`, { cause });
    }
  }

  async function kill9(): Promise<void> {
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async function stop(): Promise<void> {
    isOver = true;
    await kill9();
    await database.stop();
    await removeFolder(folder);
  }

  const { services, configs } = await readCompose();
  const { environment } = services.temporal;
  const url = new URL(database.url);
  const prepare = () =>
    runScript(
      services['temporal-schema'],
      { name: 'temporal-sql-tool', path: sqlTool },
      { SQL_HOST: url.hostname, SQL_PORT: url.port },
    );
  let address = '';
  try {
    await prepare();
    const ports = await freePorts();
    address = `${HOST}:${ports.frontend.grpc}`;
    const dynamicFile = join(folder, 'dynamic.yaml');
    await writeFile(dynamicFile, configs['temporal-dynamic'].content);
    const configured = configuration({ url, environment, ports, dynamicFile });
    await writeFile(join(folder, 'cluster.yaml'), stringify(configured));
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address,
    database,
    pid: () => child?.pid,
    died: async () => child && once(child, 'exit'),
    kill9,
    start,
    async prepareAgain() {
      await prepare();
      const temporal = await findTemporal(log, AbortSignal.timeout(START_MS));
      const namespace = { name: 'temporal', path: await absolute(temporal) };
      await runScript(services['temporal-namespace'], namespace, { TEMPORAL_ADDRESS: address });
    },
    parts: {
      Temporal: async () => {
        await kill9();
        await start();
      },
      "Temporal's database": () => database.restart(),
    },
    stop,
  };
}

/** Runs the script of a service of docker-compose.yml, with the program that it calls. */
async function runScript(
  { entrypoint, command, environment }: ComposeService,
  program: { name: string; path: string },
  own: Record<string, string>,
): Promise<void> {
  const bin = await mkdtemp(join(tmpdir(), 'meanwhile-bin-'));
  try {
    await symlink(program.path, join(bin, program.name));
    const [shell, ...words] = [...entrypoint, ...command];
    const env = { ...environment, ...own, PATH: `${bin}:${process.env.PATH}` };
    await execa(shell!, words, { env });
  } finally {
    await removeFolder(bin);
  }
}

/** A name on PATH, or a path. */
const absolute = async (command: string) =>
  isAbsolute(command) ? command : (await execa('sh', ['-c', `command -v ${command}`])).stdout;

const SERVICES = ['frontend', 'history', 'matching', 'worker'] as const;
type Ports = Record<(typeof SERVICES)[number], { grpc: number; membership: number }>;

/** One after the other: two requests at once may get the same port. The database keeps a membership port in 16 bits, with a sign. */
async function freePorts(): Promise<Ports> {
  const ports = {} as Ports;
  const taken: number[] = [];
  const next = async () => {
    const port = await usualOrFreePort('', { usual: 0, host: HOST, exclude: taken, log: () => {} });
    taken.push(port);
    return port;
  };
  for (const service of SERVICES) ports[service] = { grpc: await next(), membership: await next() };
  return ports;
}

/** What the official image makes of its environment. */
function configuration({
  url,
  environment,
  ports,
  dynamicFile,
}: {
  url: URL;
  environment: Record<string, string>;
  ports: Ports;
  dynamicFile: string;
}) {
  const sql = (databaseName: string) => ({
    sql: {
      pluginName: environment.DB,
      databaseName,
      connectAddr: url.host,
      connectProtocol: 'tcp',
      user: url.username,
      maxConns: 20,
      maxIdleConns: 20,
      maxConnLifetime: '1h',
    },
  });
  return {
    log: { stdout: true, level: environment.LOG_LEVEL },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: Number(environment.NUM_HISTORY_SHARDS),
      datastores: { default: sql('temporal'), visibility: sql('temporal_visibility') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: HOST } },
    services: Object.fromEntries(
      SERVICES.map((service) => {
        const { grpc, membership } = ports[service];
        return [service, { rpc: { grpcPort: grpc, membershipPort: membership, bindOnIP: HOST } }];
      }),
    ),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `${HOST}:${ports.frontend.grpc}`,
        },
      },
    },
    dynamicConfigClient: { filepath: dynamicFile, pollInterval: '10s' },
  };
}

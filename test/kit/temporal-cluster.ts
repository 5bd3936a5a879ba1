/** A Temporal cluster server on PostgreSQL: its four services in one process, on free ports of 127.0.0.1. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort from 'get-port';
import { stringify } from 'yaml';
import { waitForTemporal } from '../../cli/temporal/ready.ts';
import { startPostgresServer, type TestPostgresServer } from './postgres.ts';
import { stopWithThisProcess } from './stop-with-this-process.ts';
import { findTemporalServer } from './temporal-server.ts';

export interface TemporalCluster {
  /** host:port */
  address: string;
  /** Its database, which it shares with nobody. */
  database: TestPostgresServer;
  /** Undefined while it is dead. */
  pid(): number | undefined;
  kill9(): Promise<void>;
  /** On the same port. Resolves when it serves the namespace `default`. */
  start(): Promise<void>;
  /** Resolves when its process is gone, however that came. */
  died(): Promise<unknown>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  log?(line: string): void;
  /** Gets what the server prints. */
  logFile?: string;
}

export async function startTemporalCluster({
  log = () => {},
  logFile,
}: ClusterOptions = {}): Promise<TemporalCluster> {
  const { server, sqlTool } = await findTemporalServer(log);
  const database = await startPostgresServer();
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-cluster-'));
  const url = new URL(database.url);
  await createSchemas(sqlTool, url);
  const ports = await freePorts();
  await writeFile(join(folder, 'dynamic.yaml'), stringify(DYNAMIC));
  await writeFile(
    join(folder, 'cluster.yaml'),
    stringify(configuration(url, ports, join(folder, 'dynamic.yaml'))),
  );
  const address = `${HOST}:${ports.frontend.grpc}`;
  let child: ChildProcess | undefined;
  let said = '';

  async function start(): Promise<void> {
    const own = spawn(
      server,
      ['--root', folder, '--config', '.', '--env', 'cluster', '--allow-no-auth', 'start'],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child = own;
    stopWithThisProcess(own, folder, 'KILL');
    const died = once(own, 'exit').then(() => {
      if (child === own) child = undefined;
      throw new Error(`the server ended`);
    });
    died.catch(() => {});
    const kept = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
    for (const output of [own.stdout, own.stderr]) {
      output
        .setEncoding('utf8')
        .on('data', (text: string) => (said = (said + text).slice(-10_000)));
      if (kept) output.pipe(kept, { end: false });
    }
    const wanted = {
      address,
      namespace: 'default',
      timeoutMs: START_MS,
      ifNoNamespace: 'create',
    } as const;
    try {
      await Promise.race([waitForTemporal(wanted), died]);
    } catch (cause) {
      throw new Error(`The Temporal cluster did not start:\n${said}`, { cause });
    }
  }

  async function kill9(): Promise<void> {
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  const cluster: TemporalCluster = {
    address,
    database,
    pid: () => child?.pid,
    kill9,
    start,
    died: async () => child && once(child, 'exit'),
    async stop() {
      await kill9();
      await database.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await start();
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

const HOST = '127.0.0.1';
const START_MS = 120_000;

/** As README.md advises for a cluster. */
const DYNAMIC = Object.fromEntries(
  Object.entries({
    'system.enableActivityEagerExecution': true,
    'history.timerProcessorMaxTimeShift': '20ms',
    'history.timerProcessorMaxPollRPS': 1_000,
    'history.transferProcessorMaxPollRPS': 200,
  }).map(([name, value]) => [name, [{ value }]]),
);

const STORES = {
  temporal: 'postgresql/v12/temporal',
  temporal_visibility: 'postgresql/v12/visibility',
};

/** The schemas are inside the tool. */
async function createSchemas(tool: string, { hostname, port, username }: URL): Promise<void> {
  const common = ['--plugin', 'postgres12', '--ep', hostname, '-p', port, '-u', username];
  await Promise.all(
    Object.entries(STORES).map(async ([database, schema]) => {
      const run = (...words: string[]) => execa(tool, [...common, '--db', database, ...words]);
      await run('create-database');
      await run('setup-schema', '-v', '0.0');
      await run('update-schema', '--schema-name', schema);
    }),
  );
}

const SERVICES = ['frontend', 'history', 'matching', 'worker'] as const;
type Ports = Record<(typeof SERVICES)[number], { grpc: number; membership: number }>;

/** One after the other: two requests at once may get the same port. */
async function freePorts(): Promise<Ports> {
  const ports = {} as Ports;
  for (const service of SERVICES)
    ports[service] = { grpc: await getPort(), membership: await getPort() };
  return ports;
}

function configuration({ host, username }: URL, ports: Ports, dynamicFile: string) {
  const sql = (databaseName: string) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: host,
      connectProtocol: 'tcp',
      user: username,
      maxConns: 20,
      maxIdleConns: 20,
      maxConnLifetime: '1h',
    },
  });
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
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

/** The servers that a chaos run puts under the service, each started again when it dies, on data that stays. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { usualOrFreePort } from '../../cli/ports.ts';
import { findTemporal } from '../../cli/temporal/find.ts';
import { launch } from '../../cli/temporal/launch.ts';
import { startPostgresServer, type TestPostgresServer } from '../kit/postgres.ts';
import { startRedis, type TestRedis } from '../kit/redis.ts';
import { startTemporalCluster, type TemporalCluster } from '../kit/temporal-cluster.ts';
import type { Member, Process } from './supervise.ts';

export const TOPOLOGIES = ['small', 'cluster'] as const;
/**
 * `small`: a development server of Temporal with its data in a file. `cluster`: Temporal's cluster server on a PostgreSQL of its own,
 * Redis, and two APIs.
 */
export type TopologyName = (typeof TOPOLOGIES)[number];

export interface Servers {
  /** The service's database. */
  database: Member;
  temporal: Member;
  /** Temporal's own. Undefined where that is a file. */
  temporalDatabase?: Member;
  redis?: Member;
  /** On 127.0.0.1. */
  ports: { temporal: number; redis?: number };
  databaseUrl: string;
  /** After all members have stopped. */
  remove(): Promise<void>;
}

export interface ServerOptions {
  /** Gets logs. */
  folder: string;
  /** Home folder of a development server. */
  home: string;
  member(name: string, start: () => Promise<Process>): Member;
  log(line: string): void;
}

export const HOST = '127.0.0.1';
const freePort = () => usualOrFreePort('', { usual: 0, host: HOST, log: () => {} });

export const startServers = (name: TopologyName, options: ServerOptions): Promise<Servers> =>
  name === 'small' ? startSmall(options) : startCluster(options);

async function startSmall({ home, member, log }: ServerOptions): Promise<Servers> {
  const [postgres, command, port, uiPort] = await Promise.all([
    startPostgresServer(),
    findTemporal(log, new AbortController().signal),
    freePort(),
    freePort(),
  ]);
  const { signal } = new AbortController();
  return {
    database: member('database', keptPostgres(postgres)),
    temporal: member('temporal', async () => {
      const server = await launch({ command, home, namespace: 'default', port, uiPort, signal });
      return { pid: server.identity.pid, ready: Promise.resolve(), died: server.exited };
    }),
    ports: { temporal: port },
    databaseUrl: postgres.url,
    remove: () => postgres.stop(),
  };
}

async function startCluster({ folder, member, log }: ServerOptions): Promise<Servers> {
  const [postgres, redis, temporal] = await Promise.all([
    startPostgresServer(),
    startRedis(),
    startTemporalCluster({ log, logFile: join(folder, 'temporal.log') }),
  ]);
  return {
    database: member('database', keptPostgres(postgres)),
    temporal: member('temporal', keptServer(temporal)),
    temporalDatabase: member('temporal database', keptPostgres(temporal.database)),
    redis: member('redis', keptServer(redis)),
    ports: { temporal: Number(temporal.address.split(':').at(-1)), redis: redis.port },
    databaseUrl: postgres.url,
    async remove() {
      await temporal.stop();
      await redis.stop();
      await postgres.stop();
    },
  };
}

/** The first time it runs already. */
function keptPostgres(postgres: TestPostgresServer): () => Promise<Process> {
  let isFirst = true;
  return async () => {
    if (!isFirst) await postgres.restart();
    isFirst = false;
    return processOf(postgres);
  };
}

function keptServer(server: TestRedis | TemporalCluster): () => Promise<Process> {
  let isFirst = true;
  return async () => {
    if (!isFirst) await server.start();
    isFirst = false;
    return processOf(server);
  };
}

const processOf = (server: { pid(): number | undefined }): Process => ({
  pid: server.pid()!,
  ready: Promise.resolve(),
  died: gone(() => server.pid()),
});

async function gone(pid: () => number | undefined): Promise<void> {
  while (pid() !== undefined) await sleep(20);
}

/** API processes and workers, each with a home of its own, on one PostgreSQL, one Temporal server and perhaps a Redis. */
import getPort from 'get-port';
import { Meanwhile } from '../../client/meanwhile.ts';
import { type FleetProcess, startFleetProcess } from './fleet-process.ts';
import { startPostgresServer, type TestPostgresServer } from './postgres.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { startTestTemporal } from './temporal.ts';

export type { FleetProcess } from './fleet-process.ts';

export interface FleetApi extends FleetProcess {
  url: string;
  /** Repeats nothing by itself. */
  client: Meanwhile;
}

export interface FleetOptions {
  /** Default: 1. */
  apis?: number;
  workers: number;
  /** Default: false. */
  redis?: boolean;
  settings: Record<string, string>;
  /** Default: a development server of its own. */
  temporal?: FleetTemporal;
}

/** A Temporal server that the fleet uses, and does not end. */
export interface FleetTemporal {
  /** host:port */
  address: string;
  pid(): number | undefined;
  /** Its parts that a test may kill: each is back when the promise resolves. */
  parts?: Record<string, () => Promise<void>>;
}

export interface Fleet {
  /** A client of the first API. */
  client: Meanwhile;
  apis: FleetApi[];
  workers: FleetProcess[];
  postgres: TestPostgresServer;
  redis: TestRedis | undefined;
  temporal: FleetTemporal;
  /** @param folder of its program; default: this repository */
  startWorker(settings?: Record<string, string>, folder?: string): Promise<FleetProcess>;
  /** All that its processes have printed. */
  output(): string;
  close(): Promise<void>;
}

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const begun: (() => Promise<unknown>)[] = [];
  const processes: FleetProcess[] = [];
  const fleet = {
    apis: [],
    workers: [],
    startWorker,
    output: () =>
      processes.map(({ name, pid, output }) => `${name} ${pid}:\n${output()}`).join('\n'),
    async close() {
      for (const end of begun.toReversed()) await end();
    },
  } as unknown as Fleet;

  async function start(
    role: 'api' | 'worker',
    number: number,
    ready: RegExp,
    more: object = {},
    folder?: string,
  ) {
    const started = await startFleetProcess({
      name: `${role} ${number}`,
      role,
      ready,
      folder,
      settings: {
        PORT: '0',
        TEMPORAL_ADDRESS: fleet.temporal.address,
        DATABASE_URL: fleet.postgres.url,
        REDIS_URL: fleet.redis?.url ?? '',
        MEANWHILE_SECRET: 'the secret of a fleet that is only tested',
        ...options.settings,
        ...more,
      },
    });
    processes.push(started);
    begun.push(() => started.remove());
    return started;
  }

  async function startWorker(
    settings: Record<string, string> = {},
    folder?: string,
  ): Promise<FleetProcess> {
    const number = fleet.workers.length + 1;
    const worker = await start('worker', number, /The worker is ready/, settings, folder);
    fleet.workers.push(worker);
    return worker;
  }

  async function startApi(_: unknown, i: number): Promise<FleetApi> {
    const port = await getPort();
    const api = await start('api', i + 1, /The API is ready/, { PORT: String(port) });
    const url = `http://127.0.0.1:${port}`;
    return Object.assign(api, { url, client: new Meanwhile({ baseURL: url, maxRetries: 0 }) });
  }

  try {
    fleet.postgres = await startPostgresServer();
    begun.push(() => fleet.postgres.stop());
    if (options.redis) {
      const redis = await startRedis();
      fleet.redis = redis;
      begun.push(() => redis.stop());
    }
    fleet.temporal = options.temporal ?? (await ownTemporal(begun));
    const [apis] = await Promise.all([
      Promise.all(Array.from({ length: options.apis ?? 1 }, startApi)),
      ...Array.from({ length: options.workers }, () => startWorker()),
    ]);
    fleet.apis = apis;
    fleet.client = apis[0]!.client;
    return fleet;
  } catch (error) {
    await fleet.close();
    throw error;
  }
}

async function ownTemporal(begun: (() => Promise<unknown>)[]): Promise<FleetTemporal> {
  const temporal = await startTestTemporal(() => {});
  begun.push(() => temporal.close());
  return { address: temporal.address, pid: () => temporal.pid };
}

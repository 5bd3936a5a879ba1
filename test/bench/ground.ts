/** What a bench stands on: a Temporal server of its own, a folder, and processes that are stopped at the end. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { Meanwhile } from '../../client/meanwhile.ts';
import { startTestTemporal } from '../kit/temporal.ts';
import { startService, stop } from './service.ts';

/** A setting: the service has the tools and agents of test/bench/extensions. */
export const WITH_EXTENSIONS = {
  MEANWHILE_EXTENSIONS: fileURLToPath(new URL('extensions', import.meta.url)),
  // One of the agents installs packages.
  MEANWHILE_DEMO_TOOLS: 'true',
};

export interface BenchServers {
  /** host:port of the Temporal server. */
  address: string;
  /** Folder of the service's data. */
  home: string;
  temporal: Client;
  /** Of Temporal's server, then of everything that was started here. */
  pids(): number[];
  /**
   * The service as its users start it.
   * @param model URL of the model server
   */
  service(model: string, settings?: Record<string, string>): Promise<OurService>;
  /** A worker beside it: a program of this folder, which says when it is ready. */
  worker(program: string, args: string[]): Promise<ChildProcess>;
}

export interface OurService {
  base: string;
  client: Meanwhile;
  /** Of the client. Default: the service has no keys. */
  key?: string;
}

export async function onGround<T>(work: (ground: BenchServers) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'meanwhile-bench-'));
  const server = await startTestTemporal(console.log);
  const { address } = server;
  const connection = await Connection.connect({ address });
  const processes: ChildProcess[] = [];
  try {
    return await work({
      address,
      home,
      temporal: new Client({ connection }),
      pids: () => [server.pid, ...processes.flatMap(({ pid }) => pid ?? [])],
      async service(model, settings = {}) {
        // It warns of every reply that is stopped on purpose.
        const log = join(home, 'service.log');
        const starting = startService({ address, model, home, settings, log }, processes);
        const base = await starting.catch(async (error: unknown) => {
          throw new Error(await readFile(log, 'utf8'), { cause: error });
        });
        return { base, client: new Meanwhile({ baseURL: base, maxRetries: 0 }) };
      },
      async worker(program, args) {
        const file = fileURLToPath(new URL(program, import.meta.url));
        const worker = fork(file, args, { execPath: process.execPath });
        processes.push(worker);
        await once(worker, 'message');
        return worker;
      },
    });
  } finally {
    for (const child of processes) await stop(child);
    await connection.close();
    await server.close();
    await rm(home, { recursive: true, force: true });
  }
}

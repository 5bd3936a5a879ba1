/** What a bench stands on: a Temporal server of its own, a folder, and processes that are stopped at the end. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { MeanwhileClient } from '../client/client.ts';
import { startTestTemporal } from '../testing/temporal.ts';
import { startService, stop } from './service.ts';

export interface Ground {
  /** host:port of the Temporal server. */
  address: string;
  /** Folder of the service's data. */
  home: string;
  temporal: Client;
  /**
   * The service with the tools and agents of bench/extensions.
   * @param model URL of the model server
   */
  service(model: string, settings?: Record<string, string>): Promise<OurService>;
  /** A worker beside it: a program of this folder, which says when it is ready. */
  worker(program: string, args: string[]): Promise<ChildProcess>;
}

export interface OurService {
  base: string;
  client: MeanwhileClient;
}

export async function onGround<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
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
      async service(model, settings = {}) {
        const extensions = { MEANWHILE_EXTENSIONS: here('extensions') };
        // It warns of every reply that is stopped on purpose.
        const log = join(home, 'service.log');
        const all = { ...extensions, ...settings };
        const starting = startService({ address, model, home, settings: all, log }, processes);
        const base = await starting.catch(async (error: unknown) => {
          throw new Error(await readFile(log, 'utf8'), { cause: error });
        });
        return { base, client: new MeanwhileClient(base) };
      },
      async worker(program, args) {
        const worker = fork(here(program), args, { execPath: process.execPath });
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

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

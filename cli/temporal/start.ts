/** The Temporal server of a home: found, started, kept running, stopped. */
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { lock } from '../../worker/file-lock.ts';
import { usualOrFreePort, whyNotFree } from '../ports.ts';
import { signalProcess, terminate } from '../processes.ts';
import { findTemporal } from './find.ts';
import { HOST, launch, type Server } from './launch.ts';
import { keepRunning } from './keep-running.ts';
import { removeRecord } from './record.ts';
import { takeOver } from './survivor.ts';

export interface TemporalOptions {
  /** Folder of its database, its log and what is known of its process. Only one service may use it at a time. */
  home: string;
  /** A free port is taken where these are in use. 0: any. */
  preferredPort?: number;
  preferredUiPort?: number;
  namespace?: string;
  log: (line: string) => void;
  /** Aborts the start; later it only keeps a server that dies from being started again. */
  signal?: AbortSignal;
}

export interface RunningTemporal {
  /** host:port; stays the same when the server has to be started again. */
  address: string;
  uiUrl: string;
  /** Of the process at this moment. */
  readonly pid: number;
  /** Rejects when the server died and could not be started again. */
  failed: Promise<never>;
  stop(): Promise<void>;
  /** For those who cannot wait: tells the process to stop, and does not see to it that it does. */
  kill(): void;
}

/**
 * Takes over the server that the last run left, or starts one; when it dies it is started again, with its data, on its ports.
 * @throws TemporalNotFound, or Error with the end of the server's log.
 */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const { preferredPort = 7233, preferredUiPort = 8233, namespace = 'default', log } = options;
  const home = resolve(options.home);
  await mkdir(home, { recursive: true });
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, ...(options.signal ? [options.signal] : [])]);

  const start = async (choosePorts: () => Promise<Ports>) => {
    const command = await findTemporal(log, signal);
    const release = await lock(STARTING, signal);
    try {
      return await untilPortsAreFree(async () =>
        launch({ ...(await choosePorts()), command, home, namespace, signal }),
      );
    } finally {
      release();
    }
  };
  const usualPorts = async () => {
    const port = await usualOrFreePort('Temporal', { usual: preferredPort, host: HOST, log });
    const uiPort = await usualOrFreePort("Temporal's UI", {
      usual: preferredUiPort,
      host: HOST,
      exclude: [port],
      log,
    });
    return { port, uiPort };
  };

  let server = (await takeOver(home, namespace, log)) ?? (await start(usualPorts));
  const { port, uiPort } = server;
  const kept = keepRunning(server, {
    start: () => start(() => samePorts({ port, uiPort })),
    started: (next) => (server = next),
    signal,
    log,
  });
  const failed = kept.then(() => new Promise<never>(() => {}));
  failed.catch(() => {}); // Whoever is interested awaits it; whoever is not must not crash.

  return {
    address: `${HOST}:${port}`,
    uiUrl: `http://${HOST}:${uiPort}`,
    get pid() {
      return server.identity.pid;
    },
    failed,
    async stop() {
      stopping.abort();
      await kept.catch(() => {}); // It was told by `failed`.
      await terminate(server.identity);
      await removeRecord(home);
    },
    kill() {
      stopping.abort();
      signalProcess(server.identity.pid, 'SIGTERM');
    },
  };
}

interface Ports {
  port: number;
  uiPort: number;
}

/**
 * Held while a server of this user starts, from the choice of its ports until it has them. Two that took the same free port
 * would not only fail: the one without it would be answered by the other's server.
 */
export const STARTING = join(tmpdir(), `meanwhile-${process.getuid?.() ?? 'user'}-starting.lock`);

/** The server opens some ports of its own choice too; it does not start where one of them is taken in the last moment. */
async function untilPortsAreFree(start: () => Promise<Server>, tries = 3): Promise<Server> {
  try {
    return await start();
  } catch (error) {
    if (tries === 1 || !/address already in use/.test((error as Error).message)) throw error;
    return untilPortsAreFree(start, tries - 1);
  }
}

/** Clients know the ports, so a server that is started again cannot have others. */
async function samePorts(ports: Ports): Promise<Ports> {
  for (const port of [ports.port, ports.uiPort]) {
    const error = await whyNotFree(port, HOST);
    if (error) throw new Error(`Its port cannot be had any more (${error.message}).`);
  }
  return ports;
}

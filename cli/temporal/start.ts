/** Finds, starts, restarts and stops the Temporal server of a home. */
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { lock } from '../../worker/file-lock.ts';
import { usualOrFreePort, whyNotFree } from '../ports.ts';
import { terminate } from '../processes.ts';
import { signalProcess } from '../../tools/process-group.ts';
import { findTemporal } from './find.ts';
import { HOST, launch, type Server } from './launch.ts';
import { keepRunning } from './keep-running.ts';
import { removeRecord } from './record.ts';
import { takeOver } from './survivor.ts';

export interface TemporalOptions {
  /** Folder for its database, its log and the record of its process. Only one service may use it at a time. */
  home: string;
  /** If these are in use, a free port is chosen. 0: any. */
  preferredPort?: number;
  preferredUiPort?: number;
  namespace?: string;
  log: (line: string) => void;
  /** Aborts the start. Afterwards it only prevents a restart. */
  signal?: AbortSignal;
  /** Called when a server's process has been started, or is somebody else's: long before it answers. Not called when one is taken over. */
  spawned?: () => void;
}

export interface RunningTemporal {
  /** host:port; stays the same when the server is restarted. */
  address: string;
  uiUrl: string;
  /** The pid of the current process. */
  readonly pid: number;
  /** Rejects when the server has exited and could not be restarted. */
  failed: Promise<never>;
  stop(): Promise<void>;
  /** For an immediate exit: signals the process, and does not wait for its end. */
  kill(): void;
}

/**
 * Takes over the server that the last run left, or starts one. When it exits it is restarted, with its data, on the same ports.
 * @throws TemporalNotFound, or Error with the end of the server's log.
 */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const { preferredPort = 7233, preferredUiPort = 8233, namespace = 'default' } = options;
  const { log, spawned } = options;
  const home = resolve(options.home);
  await mkdir(home, { recursive: true });
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, ...(options.signal ? [options.signal] : [])]);

  const start = async (choosePorts: () => Promise<Ports>) => {
    const command = await findTemporal(log, signal);
    const release = await lock(STARTING, signal);
    try {
      return await untilPortsAreFree(async () =>
        launch({ ...(await choosePorts()), command, home, namespace, signal, spawned }),
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
  failed.catch(() => {}); // Callers may await it; if none does, the process must not crash.

  return {
    address: `${HOST}:${port}`,
    uiUrl: `http://${HOST}:${uiPort}`,
    get pid() {
      return server.identity.pid;
    },
    failed,
    async stop() {
      stopping.abort();
      await kept.catch(() => {}); // `failed` has reported it.
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
 * Held while a server of this user starts, from the choice of its ports until it has bound them. If two chose the same free port, one
 * would fail, and its clients would be answered by the other server.
 */
export const STARTING = join(tmpdir(), `meanwhile-${process.getuid?.() ?? 'user'}-starting.lock`);

/** The server also chooses some ports itself, and does not start if one of them is taken in between. */
async function untilPortsAreFree(start: () => Promise<Server>, tries = 3): Promise<Server> {
  try {
    return await start();
  } catch (error) {
    if (tries === 1 || !/address already in use/.test((error as Error).message)) throw error;
    return untilPortsAreFree(start, tries - 1);
  }
}

/** Clients know the ports, so a restarted server must keep them. */
async function samePorts(ports: Ports): Promise<Ports> {
  for (const port of [ports.port, ports.uiPort]) {
    const error = await whyNotFree(port, HOST);
    if (error) throw new Error(`Its port is no longer available (${error.message}).`);
  }
  return ports;
}

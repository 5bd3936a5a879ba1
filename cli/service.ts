/** The composition root: every part of a service on one machine, started together and stopped in order. */
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { type Api, buildApp } from '../api/app.ts';
import { createTemporalGateway } from '../api/temporal-gateway.ts';
import type { Settings } from '../config.ts';
import type { Limits } from '../contract/limits.ts';
import { createModelClient } from '../model/client.ts';
import { openStore } from '../store/open.ts';
import { createLocalBus } from '../stream/bus.ts';
import { loadCatalogue } from '../tools/load.ts';
import { startWorker } from '../worker/start.ts';
import { lockHome } from './home-lock.ts';
import { chooseModel } from './model.ts';
import { listenError, whyNotFree } from './ports.ts';
import { createStack, type Stack } from './stack.ts';
import { reachTemporal } from './temporal/reach.ts';

export interface Service {
  /** Of the API, without a slash at the end. */
  url: string;
  /** host:port */
  temporalAddress: string;
  /** Undefined where TEMPORAL_ADDRESS names a server: its UI is elsewhere. */
  uiUrl?: string;
  /** Set where the demo model answers. */
  demoModelUrl?: string;
  /** Folder of its data. Absolute. */
  home: string;
  /** Rejects when a part stopped by itself and did not come back. */
  failed: Promise<never>;
  /** Ends streams, lets the worker finish what is under way, and stops everything that was started. */
  close(): Promise<void>;
  /** For those who cannot wait: leaves no process behind, and drains nothing. */
  kill(): void;
}

export interface ServiceOptions {
  log: (line: string) => void;
  /** Aborts the start. */
  signal?: AbortSignal;
}

/** @throws Error whose message is complete; what had been started is stopped. */
export async function startService(
  settings: Settings,
  { log, signal }: ServiceOptions,
): Promise<Service> {
  const stack = createStack();
  const hopeless = new AbortController();
  const going = AbortSignal.any([hopeless.signal, ...(signal ? [signal] : [])]);
  try {
    return await startParts(settings, { log, signal: going }, stack);
  } catch (error) {
    hopeless.abort();
    await stack.close();
    throw error;
  }
}

/**
 * What fails fastest comes first. The order is also that of stopping, read backwards: streams end first, so that no reader waits
 * for what will not come, and Temporal is there until the worker has drained.
 */
async function startParts(
  settings: Settings,
  { log, signal }: Required<ServiceOptions>,
  stack: Stack,
): Promise<Service> {
  const { PORT: port, HOST: host, TEMPORAL_NAMESPACE: namespace } = settings;
  const home = resolve(settings.MEANWHILE_HOME);
  await mkdir(home, { recursive: true });
  const lock = await stack.opening('The lock', lockHome(home), (l) => l.release());
  const taken = await whyNotFree(port, host);
  if (taken) throw listenError(taken, port, host);
  const catalogue = await loadCatalogue(settings.MEANWHILE_EXTENSIONS, { home });

  const [temporal, model, store] = await Promise.all([
    stack.opening('Temporal', reachTemporal(settings, { home, log, signal }), (t) => t.stop()),
    stack.opening('The model', chooseModel(settings, log), (m) => m.close()),
    stack.opening('The store', openStoreOf(settings, home), (s) => s.close()),
  ]);
  const { address } = temporal;
  const bus = createLocalBus();

  signal.throwIfAborted();
  const starting = startWorker({
    address,
    namespace,
    store,
    bus,
    catalogue,
    model: createModelClient({ api: settings.OPENAI_API, ...model.access }),
    defaultModel: model.name,
    maxResultBytes: settings.MEANWHILE_MAX_RESULT_BYTES,
    home,
  });
  const worker = await stack.opening('The worker', starting, (w) => w.close());

  signal.throwIfAborted();
  // The worker's kind of connection: it works outside the thread that answers requests.
  const connect = () => NativeConnection.connect({ address });
  const connecting = createTemporalGateway({ connect, namespace });
  const gateway = await stack.opening('The gateway', connecting, (g) => g.disconnect());
  const building = buildApp({
    store,
    bus,
    gateway,
    catalogue,
    limits: limitsOf(settings),
    maxMessageBytes: settings.MEANWHILE_MAX_MESSAGE_BYTES,
    logger: pino({ level: 'warn' }, pino.destination(2)),
  });
  const app = await stack.opening<Api>('The API', building, (a) => a.close());
  await app.listen({ port, host }).catch((error) => {
    throw listenError(error, port, host);
  });
  const url = urlOf(host, (app.server.address() as AddressInfo).port);
  lock.announce(url);

  const failed = Promise.race([temporal.failed, worker.failed]);
  failed.catch(() => {}); // Whoever is interested awaits it; whoever is not must not crash.
  return {
    url,
    temporalAddress: address,
    uiUrl: temporal.uiUrl,
    demoModelUrl: model.demoUrl,
    home,
    failed,
    close: () => stack.close(),
    kill: () => temporal.kill(),
  };
}

const openStoreOf = ({ DATABASE_URL: url }: Settings, home: string) =>
  openStore({ url, folder: join(home, 'store') });

/** Long enough that a conversation seldom begins anew, short enough that a worker reads one quickly. Events. */
const MAX_HISTORY_EVENTS = 4_000;

function limitsOf(settings: Settings): Limits {
  return {
    settle_ms: settings.MEANWHILE_SETTLE_MS,
    quiet_ms: settings.MEANWHILE_QUIET_MS,
    quiet_max_ms: settings.MEANWHILE_QUIET_MAX_MS,
    max_running: settings.MEANWHILE_MAX_RUNNING,
    grace_ms: settings.MEANWHILE_GRACE_MS,
    max_replies_per_turn: settings.MEANWHILE_MAX_REPLIES_PER_TURN,
    model_attempts: settings.MEANWHILE_MODEL_ATTEMPTS,
    max_history_events: MAX_HISTORY_EVENTS,
  };
}

/** An address that means "all of them" can be listened on, but not be called everywhere. */
function urlOf(host: string, port: number): string {
  const callable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${callable.includes(':') ? `[${callable}]` : callable}:${port}`;
}

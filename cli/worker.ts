/** `meanwhile worker`: runs conversations, alongside any number of other workers, against an external Temporal and PostgreSQL. */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Settings } from '../config.ts';
import { serviceUrl } from '../contract/service-url.ts';
import { loadTokenizer } from '../model/tokens.ts';
import type { Store } from '../store/store.ts';
import type { WorkerOptions } from '../worker/options.ts';
import { startWorker } from '../worker/start.ts';
import { answers } from '../api/readiness.ts';
import { chooseModel } from './model.ts';
import { openBusOf, workerCloseTimeout_ms, openCatalogue, openStoreOf } from './open-parts.ts';
import { listenError, whyNotFree } from './ports.ts';
import { type Probes, startProbes } from './probes.ts';
import { logRunningPrograms } from './programs.ts';
import { aborted, runService } from './run-service.ts';
import { openTogether, type Running, type Stack, type StartOptions } from './stack.ts';
import { reachTemporal } from './temporal/reach.ts';

export function worker(settings: Settings): Promise<void> {
  return runService(
    (options) => startWorkerRole(settings, options),
    async (_, signal) => {
      console.log(`The worker is ready: Temporal at ${settings.TEMPORAL_ADDRESS}.`);
      await aborted(signal);
    },
  );
}

/** @param overrides options that replace the worker's own; chaos runs use them to kill a worker at a chosen point */
export function startWorkerRole(
  settings: Settings,
  options: StartOptions,
  overrides: (store: Store) => Partial<WorkerOptions> = () => ({}),
): Promise<Running> {
  return openTogether(options, async ({ log, signal }, stack) => {
    const home = resolve(settings.MEANWHILE_HOME);
    await mkdir(home, { recursive: true });
    const probes = await openProbes(settings, stack);
    if (probes) log(`Probes: ${probes.url}/readyz`);
    const catalogue = await openCatalogue(settings, home, { log, stack });
    const [{ address }, model, store, bus] = await Promise.all([
      reachTemporal(settings, { home, log, signal }),
      stack.opening('The model', chooseModel(settings, log), (m) => m.close()),
      openStoreOf(settings, home, { log, stack }),
      openBusOf(settings, { alone: false, log, stack }),
    ]);
    signal.throwIfAborted();
    void logRunningPrograms(home, log, stack);
    const parts = { settings, address, store, bus, catalogue, model, home };
    const apiUrl = async () => serviceUrl(settings.HOST, settings.PORT);
    const starting = startWorker({ ...parts, apiUrl, ...overrides(store) });
    const running = await stack.opening('The worker', starting, (w) => w.close(), {
      close_ms: workerCloseTimeout_ms(settings),
    });
    probes?.ready({ store: () => answers(store), temporal: () => running.ready() });
    // Opened last, so that it closes first.
    void stack.opening('The readiness', undefined, () =>
      probes?.unready('The worker is stopping.'),
    );
    setImmediate(() => void loadTokenizer());
    const failed = Promise.race([running.failed, store.failed]);
    failed.catch(() => {});
    return { failed, kill: () => {} };
  });
}

async function openProbes(
  { MEANWHILE_PROBE_PORT: port, HOST: host }: Settings,
  stack: Stack,
): Promise<Probes | undefined> {
  if (port === undefined) return undefined;
  const taken = await whyNotFree(port, host);
  if (taken) throw listenError(taken, port, host, 'MEANWHILE_PROBE_PORT');
  return stack.opening('The probes', startProbes({ port, host }), (p) => p.close());
}

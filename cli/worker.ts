/** `meanwhile worker`: runs conversations, alongside any number of other workers, against an external Temporal and PostgreSQL. */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Settings } from '../config.ts';
import { serviceUrl } from '../contract/service-url.ts';
import type { Store } from '../store/store.ts';
import { createLocalBus } from '../stream/bus.ts';
import type { WorkerOptions } from '../worker/options.ts';
import { startWorker } from '../worker/start.ts';
import { chooseModel } from './model.ts';
import { openCatalogue, openStoreOf } from './ground.ts';
import { tellWhatGoesOn } from './programs.ts';
import { aborted, runService } from './run-service.ts';
import { openTogether, type Running, type StartOptions } from './stack.ts';
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

/** @param disturb for a worker that is killed at a chosen point */
export function startWorkerRole(
  settings: Settings,
  options: StartOptions,
  disturb: (store: Store) => Partial<WorkerOptions> = () => ({}),
): Promise<Running> {
  return openTogether(options, async ({ log, signal }, stack) => {
    const home = resolve(settings.MEANWHILE_HOME);
    await mkdir(home, { recursive: true });
    const catalogue = await openCatalogue(settings, home, { log, stack });
    const [{ address }, model, store] = await Promise.all([
      reachTemporal(settings, { home, log, signal }),
      stack.opening('The model', chooseModel(settings, log), (m) => m.close()),
      openStoreOf(settings, home, { log, stack }),
    ]);
    signal.throwIfAborted();
    void tellWhatGoesOn(home, log, stack);
    const parts = { settings, address, store, bus: createLocalBus(), catalogue, model, home };
    const apiUrl = async () => serviceUrl(settings.HOST, settings.PORT);
    const starting = startWorker({ ...parts, apiUrl, ...disturb(store) });
    const running = await stack.opening('The worker', starting, (w) => w.close());
    const failed = Promise.race([running.failed, store.failed]);
    failed.catch(() => {});
    return { failed, kill: () => {} };
  });
}

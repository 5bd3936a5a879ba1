/**
 * `meanwhile api`: answers and streams, alongside any number of other API processes, against an external Temporal and PostgreSQL.
 * It starts and stays up without Temporal; `/readyz` reports that.
 */
import { resolve } from 'node:path';
import type { Settings } from '../config.ts';
import { createLocalBus } from '../stream/bus.ts';
import { catalogueOf, openStoreOf } from './ground.ts';
import { openApi } from './parts.ts';
import { listenError, whyNotFree } from './ports.ts';
import { aborted, runService } from './run-service.ts';
import { openTogether, type Running, type StartOptions } from './running.ts';

export function api(settings: Settings): Promise<void> {
  return runService(
    (options) => startApiRole(settings, options),
    async ({ url }, signal) => {
      console.log(`The API is ready: ${url}`);
      await aborted(signal);
    },
  );
}

export function startApiRole(
  settings: Settings,
  options: StartOptions,
): Promise<Running & { url: string }> {
  return openTogether(options, async ({ log, signal }, stack) => {
    const { PORT: port, HOST: host } = settings;
    const taken = await whyNotFree(port, host);
    if (taken) throw listenError(taken, port, host);
    const home = resolve(settings.MEANWHILE_HOME);
    const catalogue = await catalogueOf(settings, home);
    const store = await openStoreOf(settings, home, { log, stack });
    signal.throwIfAborted();
    const address = settings.TEMPORAL_ADDRESS!;
    const parts = { address, store, bus: createLocalBus(), catalogue };
    const url = await openApi(settings, parts, stack);
    return { url, failed: store.failed, kill: () => {} };
  });
}

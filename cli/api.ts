/**
 * `meanwhile api`: one HTTP API process of any number, with an external Temporal and PostgreSQL. It starts and stays up while Temporal
 * is unreachable, which `/readyz` reports.
 */
import { resolve } from 'node:path';
import { startApi } from '../api/start.ts';
import type { Settings } from '../config.ts';
import { openBusOf, openCatalogue, openStoreOf } from './open-parts.ts';
import { pageFolder } from './page.ts';
import { listenError, portTaken, whyNotFree } from './ports.ts';
import { aborted, runService } from './run-service.ts';
import { openTogether, type Running, type StartOptions } from './stack.ts';

export function api(settings: Settings): Promise<void> {
  return runService(
    (options) => startApiRole(settings, options),
    async ({ url }, signal) => {
      console.log(`The API is ready: ${url}`);
      await aborted(signal);
    },
  );
}

function startApiRole(
  settings: Settings,
  options: StartOptions,
): Promise<Running & { url: string }> {
  return openTogether(options, async ({ log, signal }, stack) => {
    const { PORT: port, HOST: host } = settings;
    const taken = await whyNotFree(port, host);
    if (taken) throw listenError(taken, port, host);
    const home = resolve(settings.MEANWHILE_HOME);
    const catalogue = await openCatalogue(settings, home, { log, stack });
    const store = await openStoreOf(settings, home, { log, stack });
    const bus = await openBusOf(settings, { alone: false, log, stack });
    signal.throwIfAborted();
    const address = settings.TEMPORAL_ADDRESS!;
    const parts = { settings, address, store, bus, catalogue, page: pageFolder };
    const { url } = await stack.opening(
      'The API',
      startApi(parts).catch(portTaken(settings)),
      (server) => server.close(),
    );
    return { url, failed: store.failed, kill: () => {} };
  });
}

/** `meanwhile start`: every part of a service on one machine, in one process, until it is stopped. */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Settings } from '../config.ts';
import { loadTokenizer } from '../model/tokens.ts';
import { banner, type ServiceAddresses } from './banner.ts';
import { openBusOf, workerCloseTimeout_ms, openCatalogue, openStoreOf } from './open-parts.ts';
import { lockHome } from './home-lock.ts';
import { chooseModel } from './model.ts';
import { pageFolder } from './page.ts';
import { listenError, portTaken, whyNotFree } from './ports.ts';
import { logRunningPrograms } from './programs.ts';
import { aborted, runService } from './run-service.ts';
import { announceRun, newToken } from './run-file.ts';
import { openTogether, type Running, type StartOptions } from './stack.ts';
import { reachTemporal } from './temporal/reach.ts';

export type Service = Running & ServiceAddresses;

export function start(settings: Settings): Promise<void> {
  return runService(
    (options) => startService(settings, options),
    async (service, signal) => {
      console.log(banner(service, settings));
      await aborted(signal);
    },
  );
}

/**
 * The parts that fail fastest open first. They close in reverse order: streams end first, because nothing follows on them, and Temporal
 * stays up until the worker has drained.
 * @throws Error whose message is complete; everything that was started has been stopped.
 */
export const startService = (settings: Settings, options: StartOptions): Promise<Service> =>
  openTogether(options, async ({ log, signal }, stack) => {
    const { PORT: port, HOST: host } = settings;
    const home = resolve(settings.MEANWHILE_HOME);
    await mkdir(home, { recursive: true });
    const lock = await stack.opening('The lock', lockHome(home), (l) => l.release());
    const taken = await whyNotFree(port, host);
    if (taken) throw listenError(taken, port, host);
    const catalogue = await openCatalogue(settings, home, { log, stack });

    const spawned = Promise.withResolvers<void>();
    const reaching = reachTemporal(settings, { home, log, signal, spawned: spawned.resolve });
    const begun = Promise.race([spawned.promise, reaching]);
    const [temporal, model, store, bus, { startWorker }, { startApi }] = await Promise.all([
      stack.opening('Temporal', reaching, (t) => t.stop()),
      stack.opening('The model', chooseModel(settings, log), (m) => m.close()),
      openStoreOf(settings, home, { log, stack }),
      openBusOf(settings, { alone: true, log, stack }),
      // Loading these blocks this thread for half a second, so it begins when Temporal's process has, and the thread of the store.
      begun.then(() => import('../worker/start.ts')),
      begun.then(() => import('../api/start.ts')),
    ]);
    const parts = { settings, address: temporal.address, store, bus, catalogue };

    signal.throwIfAborted();
    const token = newToken();
    const listening = Promise.withResolvers<string>();
    void logRunningPrograms(home, log, stack);
    const worker = await stack.opening(
      'The worker',
      startWorker({ ...parts, model, home, apiUrl: () => listening.promise }),
      (w) => w.close(),
      { close_ms: workerCloseTimeout_ms(settings) },
    );
    signal.throwIfAborted();
    const { url } = await stack.opening(
      'The API',
      startApi({
        ...parts,
        speculation: worker.speculation,
        quick: worker.quick,
        token,
        uiUrl: temporal.uiUrl,
        model: model.access,
        demoModel: model.demoUrl !== undefined,
        page: pageFolder,
      }).catch(portTaken(settings)),
      (a) => a.close(),
    );
    listening.resolve(url);
    lock.announce(url);
    await stack.opening('The announcement', announceRun({ url, token }), (remove) => remove?.());

    // After the service has said that it is ready: loading it blocks this thread.
    setImmediate(() => void loadTokenizer());
    const failed = Promise.race([temporal.failed, worker.failed, store.failed]);
    failed.catch(() => {}); // Callers may await it; if none does, the process must not crash.
    return {
      url,
      temporalAddress: temporal.address,
      uiUrl: temporal.uiUrl,
      demoModelUrl: model.demoUrl,
      home,
      failed,
      kill: () => temporal.kill(),
    };
  });

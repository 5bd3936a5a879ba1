/** Every part of a service on one machine, in one process. */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Settings } from '../config.ts';
import { createLocalBus } from '../stream/bus.ts';
import { catalogueOf, openStoreOf } from './ground.ts';
import { lockHome } from './home-lock.ts';
import { chooseModel } from './model.ts';
import { listenError, whyNotFree } from './ports.ts';
import { tellWhatGoesOn } from './programs.ts';
import { openTogether, type Running, type StartOptions } from './running.ts';
import type { Stack } from './stack.ts';
import { reachTemporal } from './temporal/reach.ts';

export interface Service extends Running {
  /** URL of the API, without a trailing slash. */
  url: string;
  /** host:port */
  temporalAddress: string;
  /** Undefined when TEMPORAL_ADDRESS names a server: its UI is elsewhere. */
  uiUrl?: string;
  /** Set when the demo model answers. */
  demoModelUrl?: string;
  /** Folder for its data. Absolute. */
  home: string;
}

/** @throws Error whose message is complete; everything that was started has been stopped. */
export function startService(settings: Settings, options: StartOptions): Promise<Service> {
  return openTogether(options, (going, stack) => startParts(settings, going, stack));
}

/**
 * The parts that fail fastest come first. They are stopped in reverse order: streams end first, so that no reader waits for
 * something that will not come, and Temporal stays up until the worker has drained.
 */
async function startParts(
  settings: Settings,
  { log, signal }: Required<StartOptions>,
  stack: Stack,
): Promise<Omit<Service, 'close'>> {
  const { PORT: port, HOST: host } = settings;
  const home = resolve(settings.MEANWHILE_HOME);
  await mkdir(home, { recursive: true });
  const lock = await stack.opening('The lock', lockHome(home), (l) => l.release());
  const taken = await whyNotFree(port, host);
  if (taken) throw listenError(taken, port, host);
  const catalogue = await catalogueOf(settings, home);

  const [temporal, model, store, { openApi, openWorker }] = await Promise.all([
    stack.opening('Temporal', reachTemporal(settings, { home, log, signal }), (t) => t.stop()),
    stack.opening('The model', chooseModel(settings, log), (m) => m.close()),
    openStoreOf(settings, home, { log, stack }),
    // Last: to load them takes a second of this thread, in which the others start.
    import('./parts.ts'),
  ]);
  const ground = { address: temporal.address, store, bus: createLocalBus(), catalogue };

  signal.throwIfAborted();
  const listening = Promise.withResolvers<string>();
  const parts = { ...ground, model, home, url: listening.promise };
  void tellWhatGoesOn(home, log, stack);
  const worker = await openWorker(settings, parts, stack);
  signal.throwIfAborted();
  const url = await openApi(settings, ground, stack);
  listening.resolve(url);
  lock.announce(url);

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
}

/** What the parts of a service need first. This module loads fast: the parts themselves (parts.ts) load while the ground opens. */
import { join } from 'node:path';
import type { Settings } from '../config.ts';
import { type OpenStore, openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { Bus } from '../stream/bus.ts';
import type { Catalogue } from '../tools/catalogue.ts';
import { loadCatalogue } from '../tools/load.ts';
import { isDemo } from './model.ts';
import type { Stack } from './stack.ts';

/** What both the worker and the API use. */
export interface Ground {
  /** host:port of the Temporal server. */
  address: string;
  store: Store;
  bus: Bus;
  catalogue: Catalogue;
}

/** @throws CatalogueError */
export function catalogueOf(settings: Settings, home: string): Promise<Catalogue> {
  return loadCatalogue(settings.MEANWHILE_EXTENSIONS, {
    home,
    allowPrivateUrls: settings.MEANWHILE_ALLOW_PRIVATE_URLS,
    demoTools: settings.MEANWHILE_DEMO_TOOLS ?? isDemo(settings),
  });
}

export function openStoreOf(
  { DATABASE_URL: url }: Settings,
  home: string,
  { log, stack }: { log: (line: string) => void; stack: Stack },
): Promise<OpenStore> {
  const opening = openStore({ url, folder: join(home, 'store'), log });
  return stack.opening('The store', opening, (store) => store.close());
}

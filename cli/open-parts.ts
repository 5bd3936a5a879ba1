/** Opens what the API and the worker share: store, bus and catalogue. It loads fast, so those two can be loaded while these open. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { allVariables, type Settings } from '../config.ts';
import { keyringOf } from '../security/encryption/open.ts';
import { type OpenStore, openStore } from '../store/open.ts';
import { type Bus, createLocalBus } from '../stream/bus.ts';
import type { Catalogue } from '../tools/catalogue.ts';
import { spoolRoot } from '../tools/keeper/sweep.ts';
import { loadCatalogue, MCP_FILE } from '../tools/load.ts';
import { isDemo } from './model.ts';
import type { Stack } from './stack.ts';

/**
 * Opens the service's tools and agents. The tools of an MCP server are added once it answers.
 * @throws CatalogueError; McpConfigError
 */
export async function openCatalogue(
  settings: Settings,
  home: string,
  { log, stack }: { log: (line: string) => void; stack: Stack },
): Promise<Catalogue> {
  const allowPrivateUrls = settings.MEANWHILE_ALLOW_PRIVATE_URLS;
  const file = mcpFileOf(settings);
  const mcp = file === undefined ? undefined : await readMcp(file, allowPrivateUrls);
  const own = await loadCatalogue(settings.MEANWHILE_EXTENSIONS, {
    home,
    allowPrivateUrls,
    demoTools: settings.MEANWHILE_DEMO_TOOLS ?? isDemo(settings),
    ...(mcp && { isExpected: mcp.isExpected }),
  });
  const { openMcpCatalogue } = await import('../mcp/client/catalogue.ts');
  const options = {
    servers: mcp?.servers ?? [],
    spoolRoot: spoolRoot(home),
    declaredFile: join(home, 'mcp-declared.json'),
    knownFile: join(home, 'mcp-tools.json'),
  };
  const opening = openMcpCatalogue(own, { ...options, allowPrivateUrls, log });
  return stack.opening('The MCP servers', opening, (servers) => servers.close());
}

function mcpFileOf({ MEANWHILE_MCP, MEANWHILE_EXTENSIONS }: Settings): string | undefined {
  if (MEANWHILE_MCP !== undefined || MEANWHILE_EXTENSIONS === undefined) return MEANWHILE_MCP;
  const file = join(MEANWHILE_EXTENSIONS, MCP_FILE);
  return existsSync(file) ? file : undefined;
}

async function readMcp(file: string, allowPrivateUrls: boolean) {
  const [{ readServers }, { isOfServer }] = await Promise.all([
    import('../mcp/client/config.ts'),
    import('../mcp/client/names.ts'),
  ]);
  const servers = await readServers(file, { environment: allVariables(), allowPrivateUrls });
  const isExpected = (name: string) => servers.some((server) => isOfServer(server.name, name));
  return { servers, isExpected };
}

/**
 * Opens the bus: through Redis between the processes of a service if REDIS_URL is set, otherwise inside this process.
 * @param alone true if the service has no other process
 */
export async function openBusOf(
  settings: Settings,
  { alone, log, stack }: { alone: boolean; log: (line: string) => void; stack: Stack },
): Promise<Bus> {
  const { REDIS_URL: url, TEMPORAL_NAMESPACE: service } = settings;
  if (url === undefined) {
    if (!alone) log(NO_REDIS);
    return createLocalBus({ alone });
  }
  const { openRedisBus } = await import('../stream/redis-bus.ts');
  const bus = openRedisBus({ url, service, log, keyring: keyringOf(settings) });
  return stack.opening('Redis', bus, (opened) => opened.close());
}

const NO_REDIS =
  'REDIS_URL is not set: readers see the text of a reply once a second, and no live percentages.';

/** How long a worker may take to close. Milliseconds. */
export const workerCloseTimeout_ms = ({ MEANWHILE_DRAIN_MS }: Settings) =>
  MEANWHILE_DRAIN_MS + 15_000;

export function openStoreOf(
  settings: Settings,
  home: string,
  { log, stack }: { log: (line: string) => void; stack: Stack },
): Promise<OpenStore> {
  const { DATABASE_URL: url } = settings;
  const keyring = keyringOf(settings);
  const opening = openStore({ url, folder: join(home, 'store'), log, keyring });
  return stack.opening('The store', opening, (store) => store.close());
}

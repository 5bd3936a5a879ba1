/** The service's tools together with those of MCP servers, which may become available or unavailable at any time. */
import type { PriorDiscovery, Tool as Upstream } from '@modelcontextprotocol/client';
import type { Catalogue, ServerStatus, ToolServers } from '../../tools/catalogue.ts';
import type { LocalTool, Tool } from '../../tools/define.ts';
import type { McpServer } from './config.ts';
import { declareAll, type ToolsOfServer } from './declare-all.ts';
import { openKnown } from './known.ts';
import { isOfServer } from './names.ts';
import { callProgram } from './program.ts';
import { type WarmProgram, warmProgram } from './warm/warm-program.ts';
import type { Watch, WatchTiming } from './watch.ts';
import { asDeclared, openDeclared } from './declared.ts';

export interface McpCatalogueOptions {
  servers: McpServer[];
  /** Contains the folders of calls, and those of the hosts that make them. */
  spoolRoot: string;
  /** Stores the servers that were declared while the service ran. */
  declaredFile: string;
  /** Stores the servers' tool declarations between starts. */
  knownFile: string;
  allowPrivateUrls: boolean;
  log(line: string): void;
  timing?: Partial<WatchTiming>;
}

export interface McpCatalogue extends Catalogue {
  servers: ToolServers;
  close(): Promise<void>;
}

interface ServerState extends ToolsOfServer {
  status: ServerStatus;
  era?: PriorDiscovery;
  /** The tools of its latest answer. */
  offered: Map<string, LocalTool>;
  answered: PromiseWithResolvers<void>;
  /** Makes its calls if its session is `warm`: they share a host that outlives the worker. */
  warm?: WarmProgram;
}

/**
 * Returns without waiting for the servers. They are asked in the background, and their tools appear as they answer.
 * @param own the tools and agents that do not come from servers
 */
export async function openMcpCatalogue(
  own: Catalogue,
  {
    servers,
    spoolRoot: root,
    declaredFile,
    knownFile,
    allowPrivateUrls,
    log,
    timing,
  }: McpCatalogueOptions,
): Promise<McpCatalogue> {
  const known = await openKnown(knownFile);
  const isShared = servers.some(({ settings }) => settings.session === 'shared');
  const sessions = isShared ? await import('./session.ts') : undefined;
  const tools = new Map<string, Tool>(own.tools);
  const taken = new Set(own.tools.keys());
  const declared = await openDeclared(declaredFile);
  const states = [...servers, ...declared.all()].map((server) => stateOf(server));

  const isDeclared = ({ name }: McpServer) => declared.tenantOf(name) !== undefined;
  const isVisible = (server: McpServer, tenant: string | undefined) =>
    !isDeclared(server) || declared.tenantOf(server.name) === tenant;

  function stateOf(server: McpServer): ServerState {
    const { name, settings } = server;
    const { era, used = false } = known.of(name);
    const use = () => known.note(name, { used: true });
    const variables = () => ({
      server: server.transport,
      ...(state.era && { era: state.era }),
      allowPrivateUrls,
    });
    const warm =
      settings.session === 'warm'
        ? warmProgram(() => ({ root, server: name, variables: variables() }))
        : undefined;
    const state: ServerState = {
      ...(settings.session === 'shared' && { session: sessions!.createSession(used, use) }),
      ...(warm && { warm }),
      program: warm ?? callProgram(variables),
      server,
      status: { name: server.name, status: 'starting', since: now(), tools: 0, left_out: [] },
      ...(era && { era }),
      offered: new Map(),
      known: new Map(),
      fingerprints: new Map(),
      unusable: new Map(),
      answered: Promise.withResolvers(),
    };
    return state;
  }

  /** @returns the usable tools by name; `state.status.left_out` names the others */
  function takeTools(state: ServerState, upstream: Upstream[]): Map<string, LocalTool> {
    const { first } = known.of(state.server.name);
    const { found, left_out } = declareAll(state, upstream, { taken, first, log });
    state.status = { ...state.status, left_out };
    return found;
  }

  /** The order is that of the file, so that the models' prompt caches stay valid when a server comes back. */
  function publish(): void {
    tools.clear();
    for (const [name, tool] of own.tools) tools.set(name, tool);
    for (const { server, offered } of states) {
      if (isDeclared(server)) continue;
      for (const [name, tool] of offered) tools.set(name, tool);
    }
  }

  function listed(state: ServerState, upstream: Upstream[], era: PriorDiscovery): void {
    const { name } = state.server;
    const wasReady = state.status.status === 'ready';
    const before = [...state.offered.keys()].join();
    state.era = era;
    state.offered = takeTools(state, upstream);
    const hasChanged = before !== [...state.offered.keys()].join();
    const count = state.offered.size;
    const { left_out } = state.status;
    const since = wasReady ? state.status.since : now();
    state.status = { name, status: 'ready', since, tools: count, left_out };
    publish();
    if (!wasReady || hasChanged) {
      log(`The MCP server ${name} offers ${count} ${count === 1 ? 'tool' : 'tools'}.`);
      for (const { tool, why } of left_out) log(`Its tool ${tool} is left out. ${why}`);
    }
    void known.note(name, { era, tools: upstream });
    state.answered.resolve();
  }

  function unreachable(state: ServerState, why: string): void {
    const { status } = state;
    if (status.status !== 'down') {
      log(`The MCP server ${status.name} cannot be reached; trying again. ${why}`);
    }
    const since = status.status === 'down' ? status.since : now();
    state.status = { ...status, status: 'down', since, why };
    state.answered.resolve();
  }

  for (const state of states) {
    // Calls that still run need these tools at once. They are offered when the server has answered.
    takeTools(state, known.of(state.server.name).tools);
  }
  const watches: Watch[] = [];
  const watch = async (state: ServerState) => {
    // Loaded with the first server: the SDK takes a while.
    const { watchServer } = await import('./watch.ts');
    const watching = watchServer({
      server: state.server,
      allowPrivateUrls,
      listed: (upstream, era) => listed(state, upstream, era),
      unreachable: (why) => unreachable(state, why),
      ...(state.session && {
        connected: state.session.connected,
        onProgress: state.session.onProgress,
      }),
      ...(timing && { timing }),
    });
    watches.push(watching);
  };
  await Promise.all(states.map(watch));
  /** Declarations that are being stored, by the name of the server. */
  const declaring = new Map<string, Promise<void>>();

  async function add(server: McpServer, tenant: string): Promise<void> {
    await declared.add(server, tenant);
    const state = stateOf(server);
    states.push(state);
    takeTools(state, known.of(server.name).tools);
    await watch(state);
  }

  const ownerOf = (name: string) =>
    states.find(({ server }) => !own.tools.has(name) && isOfServer(server.name, name));

  return {
    tools,
    agents: own.agents,
    servers: {
      owns: (name) => ownerOf(name) !== undefined,
      async find(name, patience_ms, tenant) {
        const mayCall = ({ server }: ServerState) =>
          tenant === undefined || isVisible(server, tenant);
        const find = () =>
          states
            .filter(mayCall)
            .map(({ known }) => known.get(name))
            .find(Boolean);
        const owner = ownerOf(name);
        if (owner && !find()) await Promise.race([owner.answered.promise, after(patience_ms)]);
        return find();
      },
      status: (tenant) =>
        states.filter(({ server }) => isVisible(server, tenant)).map(({ status }) => status),
      async declare(given) {
        const server = asDeclared(given);
        const { name } = server;
        if (states.some((state) => state.server.name === name)) return name;
        const adding = declaring.get(name) ?? add(server, given.tenant);
        declaring.set(name, adding);
        await adding.finally(() => declaring.delete(name));
        return name;
      },
      async offers(name, { tenant, patience_ms }) {
        const state = states.find(({ server }) => server.name === name);
        if (!state || !isVisible(state.server, tenant)) return undefined;
        if (state.offered.size === 0) {
          await Promise.race([state.answered.promise, after(patience_ms)]);
        }
        const { offered, known: before } = state;
        // The tools of an unavailable server are offered too: a call retries until the server is back.
        return [...(offered.size > 0 ? offered : before).values()];
      },
      warmUp(name) {
        for (const { server, status, warm } of states) {
          const isSelected = name === undefined ? !isDeclared(server) : server.name === name;
          if (isSelected && status.status === 'ready') warm?.warmUp();
        }
      },
    },
    async close() {
      for (const { warm } of states) warm?.close();
      await Promise.all(watches.map((watch) => watch.close()));
    },
  };
}

const now = () => new Date().toISOString();
const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());

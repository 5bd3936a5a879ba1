import type { Agent } from '../agents/define.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { DeclaredServer } from './declared-server.ts';
import type { LocalTool, Tool } from './define.ts';

/** Every tool and agent of the service, by name. */
export interface Catalogue {
  /** The tools that can be called now. They change while the service runs if there are `servers`. */
  tools: ReadonlyMap<string, Tool>;
  agents: ReadonlyMap<string, Agent>;
  /** The MCP servers whose tools are among them. */
  servers?: ToolServers;
}

export interface ToolServers {
  /** Whether a tool of this name could belong to a server, even if none has offered it yet. */
  owns(name: string): boolean;
  /**
   * A tool that a server offers or has offered, since calls of it may still run.
   * @param patience_ms how long to wait for a server that has not answered since the start
   * @param tenant given: only a tool that this tenant may call
   */
  find(name: string, patience_ms: number, tenant?: string): Promise<Tool | undefined>;
  /**
   * Declares a server for clients with a model of their own. Its tools are offered to no agent. A repeat changes nothing.
   * @returns its id
   */
  declare(server: DeclaredServer): Promise<string>;
  /**
   * The tools of one server. Undefined if there is no such server, or a proxy of another tenant has declared it.
   * @param options.patience_ms how long to wait for a server that has not answered since the start
   */
  offers(
    server: string,
    options: { tenant: string; patience_ms: number },
  ): Promise<LocalTool[] | undefined>;
  /** Prepares servers for calls before the first one. Default: the servers of the file. */
  warmUp(server?: string): void;
  /** The state of the servers of the file, and of those that proxies of this tenant have declared. */
  status(tenant?: string): ServerStatus[];
}

export interface ServerStatus {
  name: string;
  status: 'starting' | 'ready' | 'down';
  /** When this status began. */
  since: string;
  /** Why it is down. */
  why?: string;
  /** How many tools it offers. */
  tools: number;
  left_out: { tool: string; why: string }[];
}

/** The state of the servers for the API. Undefined if there is none. */
export function mcpServersOf(
  { servers }: Catalogue,
  tenant?: string,
): { mcp_servers: ServerStatus[] } | undefined {
  const status = servers?.status(tenant) ?? [];
  return status.length > 0 ? { mcp_servers: status } : undefined;
}

/**
 * The tool of a call. Waits up to 4 seconds for a server that has not answered since the start.
 * @param tenant set for a new call: the tools of servers that proxies of other tenants have declared are then not found
 */
export async function toolOfCall(
  { tools, servers }: Catalogue,
  name: string,
  tenant?: string,
): Promise<Tool | undefined> {
  return tools.get(name) ?? (await servers?.find(name, PATIENCE_MS, tenant));
}

/** Shorter than the timeout of the activity that describes a tool. */
const PATIENCE_MS = 4_000;

/** The tools of an agent. An agent that names its own may call `read_result` too: any tool may return a large result. */
export function toolNames({ tools = 'all' }: Agent, catalogue: Catalogue): string[] {
  if (tools === 'all') return [...catalogue.tools.keys()];
  const reads = tools.length > 0 && catalogue.tools.has(READ_TOOL) && !tools.includes(READ_TOOL);
  return reads ? [...tools, READ_TOOL] : tools;
}

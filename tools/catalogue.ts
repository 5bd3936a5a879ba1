import type { Agent } from '../agents/define.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { DeclaredServer } from './declared-server.ts';
import type { LocalTool, Tool } from './define.ts';

/** Every tool and agent of the service, by name. */
export interface Catalogue {
  /** Those that can be called now. Changes while the service runs if there are `servers`. */
  tools: ReadonlyMap<string, Tool>;
  agents: ReadonlyMap<string, Agent>;
  /** The MCP servers whose tools are among them. */
  servers?: ToolServers;
}

export interface ToolServers {
  /** Whether a tool of this name could be one of theirs, even if no server has offered it yet. */
  owns(name: string): boolean;
  /**
   * A tool that one of them offers, or did: calls of it may still run.
   * @param patience_ms how long to wait for a server that has not answered since the start
   * @param tenant given: only a tool that this tenant may call
   */
  find(name: string, patience_ms: number, tenant?: string): Promise<Tool | undefined>;
  /**
   * A server for clients with a model of their own: its tools are offered to no agent. A repeat changes nothing.
   * @returns its id
   */
  declare(server: DeclaredServer): Promise<string>;
  /**
   * What one server offers. Undefined if there is no such server, or a proxy of another tenant has declared it.
   * @param options.patience_ms how long to wait for a server that has not answered since the start
   */
  offers(
    server: string,
    options: { tenant: string; patience_ms: number },
  ): Promise<LocalTool[] | undefined>;
  /** Makes servers ready for calls, ahead of the first one. Default: those of the file. */
  warmUp(server?: string): void;
  /** Those of the file, and those that proxies of this tenant have declared. */
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

/** For people and programs that look. Absent when there is no server. */
export function mcpServersOf(
  { servers }: Catalogue,
  tenant?: string,
): { mcp_servers: ServerStatus[] } | undefined {
  const status = servers?.status(tenant) ?? [];
  return status.length > 0 ? { mcp_servers: status } : undefined;
}

/**
 * The tool of a call. Waits a moment for a server that has not answered since the start.
 * @param tenant given for a call that is requested now: a server that a proxy of another tenant has declared does not exist
 */
export async function toolOfCall(
  { tools, servers }: Catalogue,
  name: string,
  tenant?: string,
): Promise<Tool | undefined> {
  return tools.get(name) ?? (await servers?.find(name, PATIENCE_MS, tenant));
}

/** Less than the time that a workflow gives the activity that describes a tool. */
const PATIENCE_MS = 4_000;

/** The tools of an agent. An agent that names its own may call `read_result` too: any tool may return a large result. */
export function toolNames({ tools = 'all' }: Agent, catalogue: Catalogue): string[] {
  if (tools === 'all') return [...catalogue.tools.keys()];
  const reads = tools.length > 0 && catalogue.tools.has(READ_TOOL) && !tools.includes(READ_TOOL);
  return reads ? [...tools, READ_TOOL] : tools;
}

import type { Agent } from '../agents/define.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { Tool } from './define.ts';

/** Every tool and agent of the service, by name. */
export interface Catalogue {
  /** Those that can be called now. Changes while the service runs if there are `servers`. */
  tools: ReadonlyMap<string, Tool>;
  agents: ReadonlyMap<string, Agent>;
  /** The MCP servers whose tools are among them. Absent when none are declared. */
  servers?: ToolServers;
}

export interface ToolServers {
  /** Whether a tool of this name could be one of theirs, even if no server has offered it yet. */
  owns(name: string): boolean;
  /**
   * A tool that one of them offers, or did: calls of it may still run.
   * @param patience_ms how long to wait for a server that has not answered since the start
   */
  find(name: string, patience_ms: number): Promise<Tool | undefined>;
  /** Makes the servers ready for calls, ahead of the first one. */
  warmUp(): void;
  /** In the order in which they are declared. */
  status(): ServerStatus[];
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

/** The tool of a call that was requested before. Waits a moment for a server that has not answered since the start. */
export async function toolOfCall(
  { tools, servers }: Catalogue,
  name: string,
): Promise<Tool | undefined> {
  return tools.get(name) ?? (await servers?.find(name, PATIENCE_MS));
}

/** Less than the time that a workflow gives the activity that describes a tool. */
const PATIENCE_MS = 4_000;

/** The tools of an agent. An agent that names its own may call `read_result` too: any tool may return a large result. */
export function toolNames({ tools = 'all' }: Agent, catalogue: Catalogue): string[] {
  if (tools === 'all') return [...catalogue.tools.keys()];
  const reads = tools.length > 0 && catalogue.tools.has(READ_TOOL) && !tools.includes(READ_TOOL);
  return reads ? [...tools, READ_TOOL] : tools;
}

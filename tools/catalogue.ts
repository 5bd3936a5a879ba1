import type { Agent } from '../agents/define.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { Tool } from './define.ts';

/** Every tool and agent of the service, by name. */
export interface Catalogue {
  tools: ReadonlyMap<string, Tool>;
  agents: ReadonlyMap<string, Agent>;
}

/** The tools of an agent. An agent that names its own may call `read_result` too: any tool may return a large result. */
export function toolNames({ tools = 'all' }: Agent, catalogue: Catalogue): string[] {
  if (tools === 'all') return [...catalogue.tools.keys()];
  const reads = tools.length > 0 && catalogue.tools.has(READ_TOOL) && !tools.includes(READ_TOOL);
  return reads ? [...tools, READ_TOOL] : tools;
}

import type { Agent } from '../agents/define.ts';
import type { Tool } from './define.ts';

/** Every tool and agent of the service, by name. */
export interface Catalogue {
  tools: ReadonlyMap<string, Tool>;
  agents: ReadonlyMap<string, Agent>;
}

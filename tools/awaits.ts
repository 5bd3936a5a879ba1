import type { Agent } from '../agents/define.ts';
import type { Awaits } from '../contract/call.ts';
import type { Tool } from './define.ts';

/** How the results of an agent's tools are awaited. */
export interface AwaitsByTool {
  /** The value of all tools, or `mixed` if they differ. */
  all: Awaits | 'mixed';
  of(this: void, tool: Pick<Tool, 'awaits'>): Awaits;
}

/** The tool's setting overrides the agent's. */
export function awaitsByTool(
  { awaits = 'prompt' }: Pick<Agent, 'awaits'>,
  tools: Iterable<Pick<Tool, 'awaits'>>,
): AwaitsByTool {
  const of = (tool: Pick<Tool, 'awaits'>) => tool.awaits ?? awaits;
  const [first, ...others] = new Set(Array.from(tools, of));
  return { all: others.length > 0 ? 'mixed' : (first ?? awaits), of };
}

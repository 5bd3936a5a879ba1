/** The tools that a request offers: those of the agent, and the service's own that go with them (docs/decisions/0031-lean-requests.md). */
import type { Agent } from '../agents/define.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { AwaitsByTool } from '../tools/awaits.ts';
import type { Tool } from '../tools/define.ts';
import type { Applies } from './applies.ts';
import { strategies } from './events/strategies.ts';
import type { ToolDeclaration } from './message.ts';
import type { Profile } from './profiles.ts';
import { declareTool, declareTools } from './tools-schema.ts';

export interface Offering {
  agent: Pick<Agent, 'tools'>;
  tools: Iterable<Tool>;
  awaiting: AwaitsByTool;
  profile: Profile;
  applies: Applies;
}

/** Tools that are offered only at times come last, because a provider caches what precedes them. */
export function offeredTools(offering: Offering): ToolDeclaration[] {
  const { agent, tools, awaiting, profile, applies } = offering;
  if (!applies.calls) return [];
  const all = [...tools];
  const isNamed = Array.isArray(agent.tools) && agent.tools.includes(READ_TOOL);
  const reader = isNamed ? undefined : all.find(({ name }) => name === READ_TOOL);
  return [
    ...declareTools(
      all.filter((tool) => tool !== reader),
      awaiting,
    ),
    ...strategies[profile.events].tools,
    ...(reader && applies.stored ? [declareTool(reader, awaiting)] : []),
  ];
}

import { z } from 'zod';
import type { Agent } from '../../agents/define.ts';
import { agentList, toolList } from '../../contract/service.ts';
import { ONE_RESULT } from '../../contract/result-count.ts';
import { type Catalogue, mcpServersOf, toolNames } from '../../tools/catalogue.ts';
import { approvalOf } from '../../tools/approval.ts';
import { isRemote, type Tool } from '../../tools/define.ts';
import type { Api } from '../dependencies.ts';
import { problemResponses } from '../problems.ts';
import { tenantOf } from '../tenant.ts';

export function catalogueRoutes(app: Api, { catalogue }: { catalogue: Catalogue }): void {
  // Tools of MCP servers come and go.
  const tools = () => [...catalogue.tools.values()].map(describeOnce);
  const agents = () => [...catalogue.agents.values()].map((each) => describeAgent(each, catalogue));

  app.get(
    '/v1/tools',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'listTools',
        summary: 'List the tools',
        tags: ['catalogue'],
        response: { 200: toolList, ...problemResponses() },
      },
    },
    (request) => ({ tools: tools(), ...mcpServersOf(catalogue, tenantOf(request)) }),
  );

  app.get(
    '/v1/agents',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'listAgents',
        summary: 'List the agents',
        tags: ['catalogue'],
        response: { 200: agentList, ...problemResponses() },
      },
    },
    () => ({ agents: agents() }),
  );
}

type Description = z.infer<typeof toolList>['tools'][number];

/** A cache: a schema takes a while to make. */
const described = new WeakMap<Tool, Description>();

function describeOnce(tool: Tool): Description {
  const known = described.get(tool) ?? describeTool(tool);
  described.set(tool, known);
  return known;
}

function describeTool(tool: Tool): Description {
  const { name, description, results = ONE_RESULT } = tool;
  const { $schema, ...input } = z.toJSONSchema(tool.input, { io: 'input' });
  const { awaits, duplicates = 'allow', max_running } = tool;
  const approval = approvalOf(tool);
  const facts = {
    name,
    description,
    input,
    results,
    awaits,
    duplicates,
    max_running,
    ...(approval && { approval }),
  };
  return isRemote(tool)
    ? { kind: 'remote', ...facts }
    : {
        kind: 'local',
        ...facts,
        restart: tool.restart ?? 'resume',
        ...(tool.server !== undefined && { server: tool.server }),
      };
}

function describeAgent(
  agent: Agent,
  catalogue: Catalogue,
): z.infer<typeof agentList>['agents'][number] {
  const { name, model, awaits } = agent;
  return { name, model, tools: toolNames(agent, catalogue), awaits };
}

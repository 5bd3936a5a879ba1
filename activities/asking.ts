/** What the model is asked for a reply: the log as it reads it, and the tools that it may call. */
import { ApplicationFailure } from '@temporalio/activity';
import type { Agent } from '../agents/define.ts';
import type { ProfileName } from '../contract/profile.ts';
import type { ReplyRequest } from '../contract/turn.ts';
import { strategies } from '../model/events/strategy.ts';
import type { ModelRequest } from '../model/message.ts';
import { profiles } from '../model/profiles.ts';
import { declareTools } from '../model/tools-schema.ts';
import { transcript } from '../model/transcript.ts';
import type { Store } from '../store/store.ts';
import { type Awaiting, awaitingOf } from '../tools/awaits.ts';
import { type Catalogue, toolNames } from '../tools/catalogue.ts';
import type { Tool } from '../tools/define.ts';
import { findAgent } from './find-agent.ts';
import { readWindow } from './read-window.ts';

export interface AskingDependencies {
  store: Pick<Store, 'window' | 'progress'>;
  catalogue: Catalogue;
  /** For agents that name none. */
  defaultModel: string;
  /** For agents that name none. Default: `compatible`. */
  defaultProfile?: ProfileName;
}

export interface Asking {
  request: ModelRequest;
  /** What the agent may call, by name. */
  tools: Map<string, Tool>;
  awaiting: Awaiting;
}

/** @throws ApplicationFailure `UnknownAgent` or `UnknownTool` where the catalogue lacks what the conversation needs */
export async function prepareAsking(
  { store, catalogue, defaultModel, defaultProfile = 'compatible' }: AskingDependencies,
  request: ReplyRequest,
): Promise<Asking> {
  const { conversation, from, to, summary, batch, calls } = request;
  const agent = findAgent(catalogue, request.agent);
  const tools = toolsOf(agent, catalogue);
  const awaiting = awaitingOf(agent, tools.values());
  const profile = profiles[agent.profile ?? defaultProfile];
  const before = calls.flatMap((call) => call.before ?? []);
  const [window, progress] = await Promise.all([
    readWindow(store, { conversation, from, to, summary, before, end: batch?.entries }),
    store.progress(
      conversation,
      calls.map(({ call_id }) => call_id),
    ),
  ]);
  const awaits = awaiting.all;
  return {
    request: {
      model: agent.model ?? defaultModel,
      messages: transcript({ ...window, agent, awaits, request, progress, profile }),
      tools: [...declareTools(tools.values(), awaiting), ...strategies[profile.events].tools],
    },
    tools,
    awaiting,
  };
}

function toolsOf(agent: Agent, catalogue: Catalogue): Map<string, Tool> {
  return new Map(
    toolNames(agent, catalogue).map((name) => {
      const tool = catalogue.tools.get(name);
      if (tool) return [name, tool];
      const message = `The agent ${agent.name} names a tool that is not there: ${name}.`;
      throw ApplicationFailure.nonRetryable(message, 'UnknownTool');
    }),
  );
}

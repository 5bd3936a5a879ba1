/** What the model is asked for a reply: the log as the model reads it, and the tools that it may call. */
import { ApplicationFailure } from '@temporalio/activity';
import type { Agent } from '../../agents/define.ts';
import type { ProfileName } from '../../contract/profile.ts';
import type { Usage } from '../../contract/entry.ts';
import { EVENT_TOOL } from '../../contract/names.ts';
import type { ReplyRequest } from '../../contract/reply.ts';
import { appliesTo } from '../../model/applies.ts';
import { inProfile } from '../../model/async-tools.ts';
import type { ModelRequest } from '../../model/message.ts';
import { offeredTools } from '../../model/offered.ts';
import { profiles } from '../../model/profiles.ts';
import { transcript } from '../../model/transcript.ts';
import type { Store } from '../../store/store.ts';
import { type AwaitsByTool, awaitsByTool } from '../../tools/awaits.ts';
import { type Catalogue, toolNames } from '../../tools/catalogue.ts';
import type { Tool } from '../../tools/define.ts';
import { findAgent } from './find-agent.ts';
import { owesAnswer } from './answer.ts';
import { estimateCutOff } from './cut-off.ts';
import { once } from './once.ts';
import { readWindow } from './read-window.ts';
import { measure, type Measured, withinBudget } from './window-size.ts';

export interface AskingDependencies {
  store: Pick<Store, 'window' | 'progress'>;
  catalogue: Catalogue;
  /** The model of agents that name none. */
  defaultModel: string;
  /** The profile of agents that name none. Default: `compatible`. */
  defaultProfile?: ProfileName;
}

export interface Asking {
  request: ModelRequest;
  /** The tools that the agent may call, by name. */
  tools: Map<string, Tool>;
  /** The tool names that the model was given. */
  offered: string[];
  awaiting: AwaitsByTool;
  /** Size of the whole window, even when less of it is sent. It is counted once, and undefined unless the request asks for it. */
  measured: () => Promise<Measured | undefined>;
  /** A user is waiting for an answer. */
  isOwed: boolean;
  /** Estimates the cost of the replies that were stopped before this one. That takes a while, and the model need not wait for it. */
  cutOff?: () => Promise<Usage>;
}

/** @throws ApplicationFailure `UnknownAgent` or `UnknownTool` when the catalogue lacks what the conversation needs */
export async function prepareAsking(
  { store, catalogue, defaultModel, defaultProfile = 'compatible' }: AskingDependencies,
  request: ReplyRequest,
): Promise<Asking> {
  const { conversation, from, to, summary, batch, calls } = request;
  const agent = findAgent(catalogue, request.agent);
  const tools = toolsOf(agent, catalogue);
  const awaiting = awaitsByTool(agent, tools.values());
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
  const applies = appliesTo({
    tools: tools.values(),
    entries: [...window.earlier, ...window.entries],
    request,
    summary: window.summary !== undefined,
  });
  const whole = {
    model: agent.model ?? defaultModel,
    ...inProfile(profile, (each) => ({
      messages: transcript({ ...window, agent, awaits, request, progress, profile: each, applies }),
      tools: offeredTools({ agent, tools: tools.values(), awaiting, profile: each, applies }),
    })),
    ...boundsOf(agent),
  };
  const measured = once(() => measure(request, window, whole));
  return {
    request: await withinBudget(request, whole, measured),
    tools,
    offered: whole.tools.map(({ name }) => name).filter((name) => name !== EVENT_TOOL),
    awaiting,
    measured,
    isOwed: owesAnswer(request, window.entries),
    ...(request.cut_off && { cutOff: () => estimateCutOff(request.cut_off!, window, whole) }),
  };
}

/** The limits that the agent sets for its model's answers. */
export const boundsOf = ({ max_reply_tokens, first_token_ms, silence_ms }: Agent) => ({
  ...(max_reply_tokens !== undefined && { max_tokens: max_reply_tokens }),
  ...(first_token_ms !== undefined && { first_token_ms }),
  ...(silence_ms !== undefined && { silence_ms }),
});

function toolsOf(agent: Agent, catalogue: Catalogue): Map<string, Tool> {
  return new Map(
    toolNames(agent, catalogue).flatMap((name): [string, Tool][] => {
      const tool = catalogue.tools.get(name);
      if (tool) return [[name, tool]];
      // Its MCP server does not offer it at the moment.
      if (catalogue.servers?.owns(name)) return [];
      const message = `The agent ${agent.name} names a tool that does not exist: ${name}.`;
      throw ApplicationFailure.nonRetryable(message, 'UnknownTool');
    }),
  );
}

import type { CallToolResult } from '@modelcontextprotocol/server';
import { READ_TOOL } from '../../contract/names.ts';
import { createAnswering } from '../../mcp/server/answering.ts';
import { openEndpoint, openToolEndpoint } from '../../mcp/server/open.ts';
import type { ConversationActions } from '../../mcp/server/talk.ts';
import { packageVersion } from '../../tools/version.ts';
import type { Hub } from '../../stream/hub.ts';
import { answerCall } from '../answer.ts';
import { beginConversation } from '../begin.ts';
import { cancelRequest } from '../cancel-request.ts';
import { cancelCall, closeConversation, interrupt } from '../control.ts';
import { decideCall } from '../decide.ts';
import type { Api, ApiParts } from '../dependencies.ts';
import { toProblem } from '../errors.ts';
import type { QuickCalls } from '../quick-calls.ts';
import { requestCall } from '../request-call.ts';
import { createSameCalls, type SameCalls } from '../same-calls.ts';
import { sendMessage } from '../send.ts';
import { mcpProxyRoutes, offeredOf } from './mcp-proxy.ts';
import { always, serveMcp } from './serve-mcp.ts';

/** Offers the agents of this service to any MCP client, and its tools to clients that have their own model. */
export function mcpRoute(
  app: Api,
  dependencies: ApiParts,
  { hub, quick, closing }: { hub: Hub; quick: QuickCalls | undefined; closing: AbortSignal },
): void {
  const { store, catalogue, pushSecret, permits, limits, mcp = {} } = dependencies;
  const now = () => Date.now();
  const parts = {
    store,
    hub,
    talk: talkOf({ ...dependencies, quick, same: createSameCalls(store) }),
    secret: pushSecret,
    now,
    answering: createAnswering({ now, grace_ms: limits.grace_ms }),
    version: packageVersion(),
    wait_ms: mcp.wait_ms ?? WAIT_MS,
    onFault: (error: unknown) => app.log.error({ err: error }, 'An MCP request failed.'),
  };
  const hosts = mcp.hosts ?? [];
  const agents = openEndpoint({ ...parts, agents: catalogue.agents });
  serveMcp(app, '/mcp', always(agents, { hosts, closing, permits }));
  const offered = () =>
    [...catalogue.tools.values()]
      // Only our own model reads large results with it.
      .filter(({ name }) => name !== READ_TOOL)
      .map(offeredOf);
  const tools = openToolEndpoint(
    parts,
    () => {
      catalogue.servers?.warmUp();
      return offered();
    },
    limits,
  );
  serveMcp(app, '/mcp/tools', always(tools, { hosts, closing, permits }));
  mcpProxyRoutes(app, dependencies, parts, { hosts, closing, permits });
}

/** Below the shortest common timeout of clients, 30 seconds. */
const WAIT_MS = 25_000;

type TalkDependencies = Omit<ApiParts, 'quick'> & {
  quick: QuickCalls | undefined;
  same: SameCalls;
};

function talkOf(dependencies: TalkDependencies): ConversationActions {
  return {
    async begin(request) {
      const { answer, message_id } = await beginConversation(dependencies, request);
      return { id: answer.id, ...(message_id !== undefined && { message_id }) };
    },
    send: (conversation, request) => sendMessage(dependencies, conversation, request),
    interrupt: (conversation, body, key) => interrupt(dependencies, conversation, { ...body, key }),
    cancelCall: (conversation, callId, by) => cancelCall(dependencies, conversation, callId, by),
    async requestCall({ thread, key, isGone, is, ...request }) {
      const { answer, ...requested } = await requestCall(
        dependencies,
        {
          ...request,
          ...(thread !== undefined && { thread }),
          ...(key !== undefined && { key }),
        },
        { isGone, is },
      );
      return { ...requested, ...(answer !== undefined && { answer: answer as CallToolResult }) };
    },
    cancelRequest: ({ thread, ...request }) =>
      cancelRequest(dependencies, { ...request, ...(thread !== undefined && { thread }) }),
    async deliver(conversation, of) {
      await dependencies.gateway.deliver(conversation, { of });
    },
    async acknowledge(conversation, to) {
      await dependencies.gateway.acknowledge(conversation, { to });
    },
    close: (conversation, by) => closeConversation(dependencies, conversation, by),
    decide: (conversation, decision) => decideCall(dependencies, conversation, decision),
    async answer(conversation, answer) {
      await answerCall(dependencies, conversation, answer);
    },
    problemOf(error) {
      const { code, message: detail } = toProblem(error);
      return code === 'internal_error' ? undefined : { code, detail };
    },
  };
}

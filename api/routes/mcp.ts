import { READ_TOOL } from '../../contract/names.ts';
import { ONE_RESULT } from '../../contract/result-count.ts';
import type { Endpoint } from '../../mcp/server/endpoint.ts';
import { whyRefused } from '../../mcp/server/hosts.ts';
import { openEndpoint, openToolEndpoint } from '../../mcp/server/open.ts';
import type { Talk } from '../../mcp/server/talk.ts';
import { packageVersion } from '../../tools/version.ts';
import type { Hub } from '../../stream/hub.ts';
import { beginConversation } from '../begin.ts';
import { cancelCall, closeConversation, interrupt } from '../control.ts';
import { decideCall } from '../decide.ts';
import type { Api, ApiParts } from '../dependencies.ts';
import { toProblem } from '../errors.ts';
import { createQuickCalls, type QuickCalls } from '../quick-calls.ts';
import { requestCall } from '../request-call.ts';
import { sendMessage } from '../send.ts';
import { tenantOf } from '../tenant.ts';

/** The agents of this service for any MCP client, and its tools for one that has a model of its own. */
export function mcpRoute(app: Api, dependencies: ApiParts, hub: Hub, closing: AbortSignal): void {
  const { store, catalogue, pushSecret, mcp = {} } = dependencies;
  const quick =
    dependencies.quick &&
    createQuickCalls(dependencies.quick, { ...dependencies, logger: app.log }, closing);
  if (quick) app.addHook('onClose', () => quick.close());
  const parts = {
    store,
    hub,
    talk: talkOf({ ...dependencies, quick }),
    secret: pushSecret,
    now: () => Date.now(),
    version: packageVersion(),
    wait_ms: mcp.wait_ms ?? WAIT_MS,
    onFault: (error: unknown) => app.log.error({ err: error }, 'An MCP request failed.'),
  };
  const hosts = mcp.hosts ?? [];
  const agents = openEndpoint({ ...parts, agents: catalogue.agents });
  serveMcp(app, '/mcp', agents, { hosts, closing });
  const offered = () =>
    [...catalogue.tools.values()]
      // It reads large results for a model of ours.
      .filter(({ name }) => name !== READ_TOOL)
      .map(({ name, description, input, results = ONE_RESULT }) => ({
        name,
        description,
        input,
        results,
      }));
  const tools = openToolEndpoint(
    parts,
    () => {
      catalogue.servers?.warmUp();
      return offered();
    },
    dependencies.limits,
  );
  serveMcp(app, '/mcp/tools', tools, { hosts, closing });
}

/** Below the shortest time-out that is usual, 30 seconds. */
const WAIT_MS = 25_000;

export function serveMcp(
  app: Api,
  url: string,
  endpoint: Endpoint,
  { hosts, closing }: { hosts: string[]; closing: AbortSignal },
): void {
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url,
    exposeHeadRoute: false,
    config: { needs: ['read', 'write'] },
    // A protocol of its own: the OpenAPI document has nothing to say of it.
    schema: { hide: true },
    onRequest: async (request, reply) => {
      const { host, origin } = request.headers;
      const why = whyRefused({ host, origin }, hosts);
      if (why !== undefined) return reply.code(403).send(errorOf(INVALID_REQUEST, why));
    },
    errorHandler: (error, request, reply) => {
      const problem = toProblem(error, request);
      if (problem.status >= 500) request.log.error({ err: error }, problem.message);
      const code = problem.code === 'malformed_json' ? PARSE_ERROR : INVALID_REQUEST;
      void reply.code(problem.status).send(errorOf(code, problem.message));
    },
    handler: async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const caller = {
        tenant: tenantOf(request),
        mayApprove: request.principal.scopes.includes('approve'),
        ...(typeof key === 'string' && { key }),
        closing,
      };
      // From here on Fastify answers no error.
      reply.hijack();
      await endpoint.serve(request.raw, reply.raw, request.body, caller);
    },
  });
  app.addHook('onClose', () => endpoint.close());
}

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;

const errorOf = (code: number, message: string) => ({
  jsonrpc: '2.0',
  id: null,
  error: { code, message },
});

type TalkDependencies = Omit<ApiParts, 'quick'> & { quick: QuickCalls | undefined };

function talkOf(dependencies: TalkDependencies): Talk {
  return {
    async begin(request) {
      const { answer, message_id } = await beginConversation(dependencies, request);
      return { id: answer.id, ...(message_id !== undefined && { message_id }) };
    },
    send: (conversation, request) => sendMessage(dependencies, conversation, request),
    interrupt: (conversation, body, key) => interrupt(dependencies, conversation, { ...body, key }),
    cancelCall: (conversation, callId) => cancelCall(dependencies, conversation, callId),
    requestCall: ({ thread, key, isGone, ...request }) =>
      requestCall(
        dependencies,
        {
          ...request,
          ...(thread !== undefined && { thread }),
          ...(key !== undefined && { key }),
        },
        isGone,
      ),
    async acknowledge(conversation, to) {
      await dependencies.gateway.acknowledge(conversation, { to });
    },
    close: (conversation, by) => closeConversation(dependencies, conversation, by),
    decide: (conversation, decision) => decideCall(dependencies, conversation, decision),
    problemOf(error) {
      const { code, message: detail } = toProblem(error);
      return code === 'internal_error' ? undefined : { code, detail };
    },
  };
}

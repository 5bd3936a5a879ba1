import packageFile from '../../package.json' with { type: 'json' };
import type { Endpoint } from '../../mcp/server/endpoint.ts';
import { whyRefused } from '../../mcp/server/hosts.ts';
import { openEndpoint } from '../../mcp/server/open.ts';
import type { Talk } from '../../mcp/server/talk.ts';
import type { Hub } from '../../stream/hub.ts';
import { beginConversation } from '../begin.ts';
import { cancelCall, closeConversation, interrupt } from '../control.ts';
import { decideCall } from '../decide.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { toProblem } from '../errors.ts';
import { sendMessage } from '../send.ts';
import { tenantOf } from '../tenant.ts';

/** The agents of this service for any MCP client. */
export function mcpRoute(
  app: Api,
  dependencies: ApiDependencies,
  hub: Hub,
  closing: AbortSignal,
): void {
  const { store, catalogue, pushSecret, mcp = {} } = dependencies;
  const endpoint = openEndpoint({
    store,
    hub,
    talk: talkOf(dependencies),
    secret: pushSecret,
    now: () => Date.now(),
    agents: catalogue.agents,
    version: packageFile.version,
    wait_ms: mcp.wait_ms ?? WAIT_MS,
    onFault: (error) => app.log.error({ err: error }, 'An MCP request failed.'),
  });
  serveMcp(app, endpoint, { hosts: mcp.hosts ?? [], closing });
}

/** Below the shortest time-out that is usual, 30 seconds. */
const WAIT_MS = 25_000;

export function serveMcp(
  app: Api,
  endpoint: Endpoint,
  { hosts, closing }: { hosts: string[]; closing: AbortSignal },
): void {
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    exposeHeadRoute: false,
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
      reply.hijack();
      await endpoint.serve(request.raw, reply.raw, request.body, {
        tenant: tenantOf(request),
        ...(typeof key === 'string' && { key }),
        closing,
      });
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

function talkOf(dependencies: ApiDependencies): Talk {
  return {
    async begin(request) {
      const { answer, message_id } = await beginConversation(dependencies, request);
      return { id: answer.id, ...(message_id !== undefined && { message_id }) };
    },
    send: (conversation, request) => sendMessage(dependencies, conversation, request),
    interrupt: (conversation, body, key) => interrupt(dependencies, conversation, { ...body, key }),
    cancelCall: (conversation, callId) => cancelCall(dependencies, conversation, callId),
    close: (conversation, by) => closeConversation(dependencies, conversation, by),
    decide: (conversation, decision) => decideCall(dependencies, conversation, decision),
    problemOf(error) {
      const { code, message: detail } = toProblem(error);
      return code === 'internal_error' ? undefined : { code, detail };
    },
  };
}

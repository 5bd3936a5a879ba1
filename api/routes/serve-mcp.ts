/** Serves an MCP endpoint as a route: checks who may reach it, and reads from its requests which client sends them. */
import type { FastifyRequest } from 'fastify';
import type { Endpoint } from '../../mcp/server/endpoint.ts';
import { whyHostRefused } from '../../mcp/server/hosts.ts';
import { credentialOf } from '../authenticate.ts';
import type { Api } from '../dependencies.ts';
import { toProblem } from '../errors.ts';
import type { Permits } from '../permits.ts';
import { tenantOf } from '../tenant.ts';

export function serveMcp(
  app: Api,
  url: string,
  {
    hosts,
    closing,
    permits,
    find,
    close,
  }: {
    hosts: string[];
    closing: AbortSignal;
    permits: Permits;
    /** Undefined if no endpoint is for this request. */
    find(request: FastifyRequest): Promise<Endpoint | undefined>;
    close(): Promise<void>;
  },
): void {
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url,
    exposeHeadRoute: false,
    config: { needs: ['read', 'write'] },
    // MCP specifies this protocol, so the OpenAPI document leaves it out.
    schema: { hide: true },
    onRequest: async (request, reply) => {
      const { host, origin } = request.headers;
      const why = whyHostRefused({ host, origin }, hosts);
      if (why !== undefined) return reply.code(403).send(errorOf(INVALID_REQUEST, why));
    },
    errorHandler: (error, request, reply) => {
      const problem = toProblem(error, request);
      if (problem.status >= 500) request.log.error({ err: error }, problem.message);
      const code = problem.code === 'malformed_json' ? PARSE_ERROR : INVALID_REQUEST;
      void reply.code(problem.status).send(errorOf(code, problem.message));
    },
    handler: async (request, reply) => {
      const endpoint = await find(request);
      if (!endpoint)
        return reply.code(404).send(errorOf(INVALID_REQUEST, 'There is no such server.'));
      const key = request.headers['idempotency-key'];
      const caller = {
        tenant: tenantOf(request),
        mayApprove: request.principal.scopes.includes('approve'),
        ...(typeof key === 'string' && { key }),
        ...of(request, { thread: THREAD_HEADER, program: PROGRAM_HEADER }),
        ...cancelledAfter(request),
        closing: AbortSignal.any([closing, permits.whileAllowed(credentialOf(request), reply.raw)]),
      };
      // From here on the endpoint answers errors itself.
      reply.hijack();
      await endpoint.serve(request.raw, reply.raw, request.body, caller);
    },
  });
  app.addHook('onClose', () => close());
}

/** Headers in which the relay names the thread and the program of the harness that has started it. */
export const THREAD_HEADER = 'meanwhile-thread';
export const PROGRAM_HEADER = 'meanwhile-client';

/** With it, the request repeats one that its client has cancelled, this many milliseconds after sending it. */
export const CANCELLED_HEADER = 'meanwhile-cancelled-after';

function cancelledAfter({ headers }: FastifyRequest) {
  const value = headers[CANCELLED_HEADER];
  return typeof value === 'string' && /^\d{1,12}$/.test(value)
    ? { cancelled_after_ms: Number(value) }
    : {};
}

/** The values of those headers that the request has. */
function of<Name extends string>({ headers }: FastifyRequest, names: Record<Name, string>) {
  const found = Object.entries<string>(names).flatMap(([name, header]) => {
    const value = headers[header];
    return typeof value === 'string' && /^[\w. -]{1,100}$/.test(value) ? [[name, value]] : [];
  });
  return Object.fromEntries(found) as Partial<Record<Name, string>>;
}

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;

const errorOf = (code: number, message: string) => ({
  jsonrpc: '2.0',
  id: null,
  error: { code, message },
});

export const always = (
  endpoint: Endpoint,
  options: { hosts: string[]; closing: AbortSignal; permits: Permits },
) => ({
  ...options,
  find: async () => endpoint,
  close: () => endpoint.close(),
});

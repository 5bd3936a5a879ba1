/**
 * One MCP server, for a harness that has put the proxy in front of it: the tools keep their own names, and each call is as durable as
 * any other. A proxy that runs as the user of this service may declare its server here.
 */
import { openToolEndpoint } from '../../mcp/server/open.ts';
import type { OfferedTool } from '../../mcp/server/call-tools.ts';
import type { Endpoint } from '../../mcp/server/endpoint.ts';
import { refuseUrl } from '../../security/remote/address.ts';
import { ONE_RESULT } from '../../contract/result-count.ts';
import { declaredServer } from '../../tools/declared-server.ts';
import type { LocalTool, Tool } from '../../tools/define.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { isSecret } from '../is-secret.ts';
import type { Permits } from '../permits.ts';
import { tenantOf } from '../tenant.ts';
import { serveMcp } from './serve-mcp.ts';

type Parts = Parameters<typeof openToolEndpoint>[0];

/** How long listing the tools of a server may wait for the server, which may just have been declared. */
const FIRST_ANSWER_MS = 20_000;
/** More endpoints than this are not cached: a client may be guessing names. */
const MOST_ENDPOINTS = 1_000;

export function mcpProxyRoutes(
  app: Api,
  { catalogue, limits, mcp = {}, allowPrivateUrls = true }: ApiDependencies,
  parts: Parts,
  options: { hosts: string[]; closing: AbortSignal; permits: Permits },
): void {
  const endpoints = new Map<string, { endpoint: Endpoint; offered: OfferedTool[] }>();

  function endpointOf(server: string) {
    const known = endpoints.get(server);
    if (known) return known;
    const offered: OfferedTool[] = [];
    const made = {
      offered,
      endpoint: openToolEndpoint(parts, () => offered, limits),
    };
    if (endpoints.size < MOST_ENDPOINTS) endpoints.set(server, made);
    return made;
  }

  serveMcp(app, '/mcp/servers/:server', {
    ...options,
    async find(request) {
      const { server } = request.params as { server: string };
      const tools = await catalogue.servers?.offers(server, {
        tenant: tenantOf(request),
        patience_ms: FIRST_ANSWER_MS,
      });
      if (!tools) return undefined;
      catalogue.servers?.warmUp(server);
      const made = endpointOf(server);
      made.offered.splice(0, Infinity, ...tools.map(offeredAsUpstream));
      return made.endpoint;
    },
    close: async () => {
      await Promise.all([...endpoints.values()].map(({ endpoint }) => endpoint.close()));
    },
  });

  const { token } = mcp;
  app.post(
    '/mcp/servers',
    {
      config: { needs: ['read', 'write'] },
      schema: { hide: true, body: declaredServer.omit({ tenant: true }) },
      // Checked before the body is read: who may declare a server may run any program.
      onRequest: async (request, reply) => {
        const given = request.headers[TOKEN_HEADER];
        if (token !== undefined && typeof given === 'string' && isSecret(given, token)) return;
        return reply
          .code(401)
          .send({ message: 'Only this service’s own user may declare a server.' });
      },
    },
    async (request, reply) => {
      const { body } = request;
      const problem =
        body.transport.type === 'http'
          ? refuseUrl(body.transport.url, { allowPrivate: allowPrivateUrls })
          : undefined;
      if (problem) return reply.code(400).send({ message: `The URL ${problem}.` });
      if (!catalogue.servers) return reply.code(409).send({ message: 'It has no MCP servers.' });
      return { server: await catalogue.servers.declare({ ...body, tenant: tenantOf(request) }) };
    },
  );
}

/** The header `authorization` has the API key. */
const TOKEN_HEADER = 'meanwhile-token';

export const offeredOf = ({
  name,
  description,
  input,
  results = ONE_RESULT,
}: Tool): OfferedTool => ({
  name,
  description,
  input,
  results,
});

/** Our own tools, which a tool of the server must not hide. */
const OURS = new Set(['list_calls', 'next_results', 'cancel_call']);

function offeredAsUpstream(tool: LocalTool): OfferedTool {
  const { name, title, schema, annotations, description } = tool.upstream!;
  return {
    ...offeredOf(tool),
    name: OURS.has(name) ? tool.name : name,
    tool: tool.name,
    description: description ?? tool.description,
    schema,
    ...(title !== undefined && { title }),
    ...(annotations && { annotations }),
  };
}

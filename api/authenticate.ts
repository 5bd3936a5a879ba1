/** Every request has a caller, and every route names the scopes that it needs: a route without them cannot be registered. */
import type { FastifyRequest, RouteOptions } from 'fastify';
import { CannotVerify, type Principal, Unauthenticated } from '../security/access/principal.ts';
import type { Access } from '../security/access/access.ts';
import type { Scope } from '../contract/access.ts';
import type { Api } from './dependencies.ts';
import { Problem, type ProblemCode, withProblems } from './problems.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scopes that the route needs; `public`: anyone may call it. */
    needs?: Scope | Scope[] | 'public';
  }
  interface FastifyRequest {
    /** The caller. Not set on public routes. */
    principal: Principal;
  }
}

/** Call before registering any route. */
export function authenticate(app: Api, access: Access): void {
  app.decorateRequest('principal');
  app.addHook('onRoute', declare);
  app.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions;
    const needs = config.needs ?? 'public';
    if (needs === 'public') return;
    try {
      request.principal = await access.authenticate(credentialOf(request));
    } catch (error) {
      if (error instanceof Unauthenticated) {
        void reply.header('www-authenticate', 'Bearer realm="meanwhile"');
      }
      throw toProblem(error);
    }
    check(request, [needs].flat());
  });
}

/** @throws Problem */
function check(request: FastifyRequest, needs: Scope[]): void {
  const { principal, routeOptions } = request;
  const missing = needs.filter((scope) => !principal.scopes.includes(scope));
  if (missing.length > 0) {
    const needed = missing.map((scope) => `\`${scope}\``).join(' and ');
    throw new Problem('forbidden', `This needs the scope ${needed}, which you do not have.`);
  }
  if (principal.conversation === undefined) return;
  if (!routeOptions.url?.startsWith(OF_A_CONVERSATION)) {
    throw new Problem('forbidden', 'A token is for one conversation; this is not about one.');
  }
  const { id } = request.params as { id: string };
  if (id !== principal.conversation) {
    throw new Problem('conversation_not_found', `There is no conversation ${id}.`);
  }
}

const OF_A_CONVERSATION = '/v1/conversations/:id';

export function credentialOf({ headers }: FastifyRequest): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const key = headers['x-api-key'];
  return typeof key === 'string' && key !== '' ? key : headers.authorization;
}

function toProblem(error: unknown): unknown {
  if (error instanceof Unauthenticated) return new Problem('unauthenticated', error.message);
  if (error instanceof CannotVerify) {
    return new Problem('sign_in_unavailable', error.message, { retryAfter: 5 });
  }
  return error;
}

/** A plugin registers the routes of the OpenAPI document, so they cannot name scopes. */
const isDocumentation = (url: string) => url === '/docs' || url.startsWith('/docs/');

/** Refuses a route that names no scopes, and describes them, and the problems they lead to, in the OpenAPI document. */
function declare(route: RouteOptions): void {
  const needs = route.config?.needs ?? (isDocumentation(route.url) ? 'public' : undefined);
  if (needs === undefined) {
    throw new Error(`${route.url} does not say who may call it: config.needs.`);
  }
  const schema = route.schema as Described | undefined;
  if (needs === 'public' || !schema?.response) return;
  route.schema = {
    ...schema,
    security: [{ bearer: [] }, { apiKey: [] }],
    description: [schema.description, `Needs the scope \`${[needs].flat().join('`, `')}\`.`]
      .filter(Boolean)
      .join(' '),
    response: withProblems(schema.response, ...ALWAYS),
  } as RouteOptions['schema'];
}

interface Described {
  description?: string;
  response?: Record<string, unknown>;
}

const ALWAYS: ProblemCode[] = [
  'unauthenticated',
  'forbidden',
  'rate_limited',
  'sign_in_unavailable',
];

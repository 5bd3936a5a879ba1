/** Answers requests that match no route: 405 with `allow` if the address has other methods, else 404. */
import type { FastifyRequest } from 'fastify';
import type { Api } from './dependencies.ts';
import { Problem } from './problems.ts';

/** Call before registering any route. A request that matches none is answered before its body is read. */
export function answerOtherMethods(app: Api): void {
  const routes: { parts: string[]; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ parts: url.split('/'), methods: [method].flat() });
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const path = pathOf(request);
    const given = path.split('/');
    const allowed = routes.filter(({ parts }) => fits(parts, given));
    if (allowed.length === 0)
      throw new Problem('not_found', `There is no ${request.method} ${path}.`);
    const methods = [...new Set(allowed.flatMap((route) => route.methods))].toSorted();
    void reply.header('allow', methods.join(', '));
    throw new Problem(
      'method_not_allowed',
      `${path} has no method ${request.method}, but ${methods.join(', ')}.`,
    );
  });
}

const pathOf = ({ url }: FastifyRequest) => url.split('?')[0]!;

/** Matches as the router does: `:name` is one part, `*` is the rest. */
function fits(parts: string[], given: string[]): boolean {
  const rest = parts.indexOf('*');
  if (rest !== -1) return given.length > rest && fits(parts.slice(0, rest), given.slice(0, rest));
  return (
    parts.length === given.length &&
    parts.every((part, place) => part.startsWith(':') || part === given[place])
  );
}

import type { Registry } from 'prom-client';
import { z } from 'zod';
import { readiness } from '../../contract/service.ts';
import { mcpServersOf } from '../../tools/catalogue.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { answers, failures } from '../readiness.ts';
import type { FieldError } from '../../contract/problem.ts';
import { Problem, problemResponses } from '../problems.ts';

/** Routes for operators of the service. */
export function serviceRoutes(
  app: Api,
  {
    store,
    bus,
    gateway,
    catalogue,
  }: Pick<ApiDependencies, 'store' | 'bus' | 'gateway' | 'catalogue'>,
  metrics: Registry,
  closing: AbortSignal,
): void {
  app.get(
    '/healthz',
    {
      config: { needs: 'public' },
      schema: {
        operationId: 'health',
        summary: 'Whether this process answers',
        tags: ['service'],
        response: {
          200: z.object({ status: z.literal('ok') }).describe('The process answers.'),
          ...problemResponses(),
        },
      },
    },
    () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      config: { needs: 'public' },
      schema: {
        operationId: 'readiness',
        summary: 'Whether every dependency answers',
        tags: ['service'],
        response: {
          200: readiness,
          ...problemResponses('not_ready'),
        },
      },
    },
    async (request) => {
      if (closing.aborted) throw new Problem('not_ready', 'This process is shutting down.');
      const failed = await failures({
        store: () => answers(store),
        temporal: () => gateway.ready(),
      });
      if (failed.length === 0) {
        const servers = mcpServersOf(catalogue);
        const live = !bus.hearsAll() && { live: 'delayed' as const };
        return { store: 'ok' as const, temporal: 'ok' as const, ...live, ...servers };
      }
      for (const { path, error } of failed)
        request.log.warn({ err: error }, `The readiness check of ${path} failed.`);
      const errors = failed.map(({ path }): FieldError => ({ path, message: 'does not answer' }));
      const names = errors.map(({ path }) => path).join(' and ');
      throw new Problem('not_ready', `Not answering: ${names}.`, { errors, retryAfter: 2 });
    },
  );

  app.get(
    '/metrics',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'metrics',
        summary: 'Prometheus metrics',
        tags: ['service'],
        response: {
          200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } },
          ...problemResponses(),
        },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}

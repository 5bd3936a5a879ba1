import type { Registry } from 'prom-client';
import { z } from 'zod';
import { readiness } from '../../contract/http.ts';
import { DEFAULT_TENANT } from '../../contract/names.ts';
import type { Store } from '../../store/store.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { type FieldError, Problem, problemResponses } from '../problems.ts';

/** Routes for operators of the service. */
export function serviceRoutes(
  app: Api,
  { store, gateway, catalogue }: Pick<ApiDependencies, 'store' | 'gateway' | 'catalogue'>,
  metrics: Registry,
): void {
  app.get(
    '/healthz',
    {
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
      const failed = await failures({
        store: () => answers(store),
        temporal: () => gateway.ready(),
      });
      if (failed.length === 0) {
        const servers = catalogue.servers && { mcp_servers: catalogue.servers.status() };
        return { store: 'ok' as const, temporal: 'ok' as const, ...servers };
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

/** A cheap read that shows whether the store answers. */
async function answers(store: Store): Promise<void> {
  await store.conversation({ tenant: DEFAULT_TENANT, id: '' });
}

async function failures(checks: Record<string, () => Promise<void>>) {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([path, check]) => {
      try {
        await within(READY_MS, check());
        return [];
      } catch (error) {
        return [{ path, error }];
      }
    }),
  );
  return outcomes.flat();
}

/** A dependency that takes longer than this counts as unavailable. Milliseconds. */
const READY_MS = 2_000;

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`No answer within ${milliseconds} ms.`)),
      milliseconds,
    );
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

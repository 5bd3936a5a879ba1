/** Admits pages of other origins, if a setting names them. No cookie is ever sent or read: a page needs a token. */
import cors from '@fastify/cors';
import type { Settings } from '../config.ts';
import type { Api } from './dependencies.ts';

/** @param origins `*`, or the origins of the pages, separated by commas. Default: no page of another origin can read an answer. */
export async function allowOrigins(
  app: Api,
  { MEANWHILE_CORS_ORIGINS: origins }: Pick<Settings, 'MEANWHILE_CORS_ORIGINS'>,
): Promise<void> {
  if (origins === undefined) return;
  await app.register(cors, {
    origin: origins === '*' ? '*' : origins.split(','),
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'x-api-key',
      'content-type',
      'idempotency-key',
      'last-event-id',
      'x-request-id',
      // Temporal's UI sends it to the codec.
      'x-namespace',
    ],
    exposedHeaders: ['x-request-id', 'location', 'retry-after', 'ratelimit', 'ratelimit-policy'],
    maxAge: 600,
    strictPreflight: false,
  });
  // Streams write to the socket's response themselves.
  app.addHook('onRequest', async (_request, reply) => {
    for (const name of ['access-control-allow-origin', 'access-control-expose-headers', 'vary']) {
      const value = reply.getHeader(name);
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
  });
}

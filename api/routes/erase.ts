import { Readable } from 'node:stream';
import { z } from 'zod';
import {
  conversation as conversationSchema,
  conversationParams,
  erasedTenant,
} from '../../contract/http.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { eraseConversation, eraseTenant } from '../erase.ts';
import { exportConversation } from '../../store/export.ts';
import { exportTenant } from '../export.ts';
import { unknownConversation } from '../not-running.ts';
import { problemResponses, RUNNING_PROBLEMS } from '../problems.ts';
import { conversationOf, tenantOf } from '../tenant.ts';

/** Exports and erases what is stored: a person may ask an administrator for both. */
export function eraseRoutes(
  app: Api,
  dependencies: Pick<ApiDependencies, 'store' | 'bus' | 'gateway'>,
): void {
  const { store } = dependencies;
  const lines = {
    description: 'One JSON object a line: `conversation`, then `entry` and `result` in order.',
    content: { 'application/x-ndjson': { schema: z.unknown().meta({ type: 'string' }) } },
  };

  app.get(
    '/v1/conversations/:id/export',
    {
      config: { needs: 'admin' },
      schema: {
        operationId: 'exportConversation',
        summary: 'Everything that is stored of a conversation',
        tags: ['erasing'],
        params: conversationParams,
        response: {
          200: lines,
          ...problemResponses('invalid_request', 'conversation_not_found', 'store_unavailable'),
        },
      },
    },
    async (request, reply) => {
      const key = conversationOf(request);
      const found = await store.conversation(key);
      if (!found) throw unknownConversation(key);
      return reply.type(NDJSON).send(Readable.from(exportConversation(store, key, found)));
    },
  );

  app.get(
    '/v1/export',
    {
      config: { needs: 'admin' },
      schema: {
        operationId: 'exportTenant',
        summary: 'Everything that is stored of all conversations',
        tags: ['erasing'],
        response: { 200: lines, ...problemResponses('store_unavailable') },
      },
    },
    (request, reply) =>
      reply.type(NDJSON).send(Readable.from(exportTenant(store, tenantOf(request)))),
  );

  app.delete(
    '/v1/conversations/:id',
    {
      config: { needs: 'admin' },
      schema: {
        operationId: 'eraseConversation',
        summary: 'Erase what was said',
        description:
          'Closes the conversation and removes its words from the log and from Temporal. A tombstone stays. Erasing it again changes nothing.',
        tags: ['erasing'],
        params: conversationParams,
        response: {
          200: conversationSchema,
          ...problemResponses(...RUNNING_PROBLEMS, 'invalid_request', 'conversation_closing'),
        },
      },
    },
    (request) => eraseConversation(dependencies, conversationOf(request)),
  );

  app.delete(
    '/v1/conversations',
    {
      config: { needs: 'admin' },
      schema: {
        operationId: 'eraseTenant',
        summary: 'Erase what was said in all conversations of the tenant',
        description: 'Repeat the request until `is_complete`: each one works for about 15 seconds.',
        tags: ['erasing'],
        response: {
          200: erasedTenant,
          ...problemResponses(...RUNNING_PROBLEMS, 'conversation_closing'),
        },
      },
    },
    (request) => eraseTenant(dependencies, tenantOf(request)),
  );
}

const NDJSON = 'application/x-ndjson; charset=utf-8';

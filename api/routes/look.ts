import { z } from 'zod';
import {
  conversation as conversationSchema,
  conversationPage,
  conversationParams,
  listQuery,
} from '../../contract/http.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { StoredConversation, Store } from '../../store/store.ts';
import type { Api } from '../dependencies.ts';
import { unknownConversation } from '../not-running.ts';
import { createPages } from '../pages.ts';
import { problemResponses } from '../problems.ts';
import { conversationOf, tenantOf } from '../tenant.ts';

export function lookRoutes(app: Api, { store }: { store: Store }): void {
  const pages = createPages(store);
  app.get(
    '/v1/conversations/:id',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'getConversation',
        summary: 'What a conversation is doing now',
        description: 'Includes its open calls and the progress of each.',
        tags: ['conversations'],
        params: conversationParams,
        response: {
          200: conversationSchema,
          ...problemResponses('invalid_request', 'conversation_not_found', 'store_unavailable'),
        },
      },
    },
    async (request) => {
      const key = conversationOf(request);
      const found = await store.conversation(key);
      if (!found) throw unknownConversation(key);
      return withLiveProgress(store, key, found);
    },
  );

  app.get(
    '/v1/conversations',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'listConversations',
        summary: 'List conversations, newest first',
        tags: ['conversations'],
        querystring: listQuery,
        response: {
          200: conversationPage,
          204: z.undefined().describe('The page is as you know it.'),
          ...problemResponses('invalid_request', 'store_unavailable'),
        },
      },
    },
    async (request, reply) => {
      const tenant = tenantOf(request);
      const { known, ...query } = request.query;
      const isKnown = known !== undefined;
      const page = await (isKnown ? pages.recent(tenant, query) : pages.current(tenant, query));
      return page.version === known ? reply.code(204).send() : page;
    },
  );
}

/** Replaces the progress in the head, which was reported to the model, by live progress, which is newer. */
async function withLiveProgress(
  store: Store,
  key: ConversationKey,
  found: StoredConversation,
): Promise<StoredConversation> {
  const running = found.calls.filter(({ status }) => status === 'running').map(({ id }) => id);
  if (running.length === 0) return found;
  const live = await store.progress(key, running);
  const calls = found.calls.map((call) => {
    const { percent = call.percent, note = call.note } = live.get(call.id) ?? {};
    return call.status === 'running' ? { ...call, percent, note } : call;
  });
  return { ...found, calls };
}

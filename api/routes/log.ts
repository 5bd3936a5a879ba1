import { conversationParams, entriesQuery, entryPage } from '../../contract/http.ts';
import type { Store } from '../../store/store.ts';
import type { Api } from '../dependencies.ts';
import { unknownConversation } from '../not-running.ts';
import { problemResponses } from '../problems.ts';
import { conversationOf } from '../tenant.ts';

export function logRoutes(app: Api, { store }: { store: Pick<Store, 'entries'> }): void {
  app.get(
    '/v1/conversations/:id/entries',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'listEntries',
        summary: 'The log of a conversation, in pages',
        tags: ['log'],
        params: conversationParams,
        querystring: entriesQuery,
        response: {
          200: entryPage,
          ...problemResponses('invalid_request', 'conversation_not_found', 'store_unavailable'),
        },
      },
      // Entries were validated when they were created. Encoding a page of a thousand again takes four times as long as
      // serialising it, and strips fields that a newer worker knows and this process does not.
      serializerCompiler: () => JSON.stringify,
    },
    async (request) => {
      const key = conversationOf(request);
      const { after, limit, kind: kinds } = request.query;
      const page = await store.entries(key, { after, limit, kinds });
      if (!page) throw unknownConversation(key);
      return page;
    },
  );
}

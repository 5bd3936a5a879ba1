import { z } from 'zod';
import { resultParams } from '../../contract/http.ts';
import type { Store } from '../../store/store.ts';
import type { Api } from '../dependencies.ts';
import { unknownConversation } from '../not-running.ts';
import { Problem, problemResponses } from '../problems.ts';
import { conversationOf } from '../tenant.ts';

export function resultRoute(
  app: Api,
  { store }: { store: Pick<Store, 'conversation' | 'result'> },
): void {
  app.get(
    '/v1/conversations/:id/calls/:call_id/results/:n',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'getResult',
        summary: 'Get a large result in full',
        description:
          'For a `call.event` or `call.completed` entry with `stored`, which holds only the beginning. Any other result is in its entry.',
        tags: ['log'],
        params: resultParams,
        response: {
          200: z.unknown().describe('The result as the tool returned it.'),
          ...problemResponses(
            'invalid_request',
            'conversation_not_found',
            'result_not_found',
            'store_unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const key = conversationOf(request);
      const { call_id, n } = request.params;
      const json = await store.result(key, { call_id, n });
      if (json === undefined) {
        if (!(await store.conversation(key))) throw unknownConversation(key);
        throw new Problem('result_not_found', `${call_id} has no stored result ${n}.`);
      }
      // The stored text is JSON already, and Fastify sends a string as it is.
      return reply.type('application/json; charset=utf-8').send(json);
    },
  );
}

import {
  conversation as conversationSchema,
  createConversationBody,
  idempotencyHeaders,
} from '../../contract/http.ts';
import { beginConversation } from '../begin.ts';
import type { Api, ApiParts } from '../dependencies.ts';
import { BODY_PROBLEMS, problemResponses } from '../problems.ts';
import { tenantOf } from '../tenant.ts';

export function createRoute(
  app: Api,
  dependencies: Pick<ApiParts, 'store' | 'gateway' | 'catalogue' | 'limits' | 'quotas'>,
): void {
  app.post(
    '/v1/conversations',
    {
      config: { needs: 'write' },
      schema: {
        operationId: 'createConversation',
        summary: 'Begin a conversation',
        description: 'With `message`, the agent starts to answer at once.',
        tags: ['conversations'],
        headers: idempotencyHeaders,
        body: createConversationBody,
        response: {
          201: conversationSchema,
          ...problemResponses(
            ...BODY_PROBLEMS,
            'idempotency_conflict',
            'unknown_agent',
            'store_unavailable',
            'temporal_unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const { answer } = await beginConversation(dependencies, {
        tenant: tenantOf(request),
        body: request.body,
        key: request.headers['idempotency-key'],
      });
      return reply.code(201).header('location', `/v1/conversations/${answer.id}`).send(answer);
    },
  );
}

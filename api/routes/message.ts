import {
  conversationParams,
  idempotencyHeaders,
  messageAccepted,
  sendMessageBody,
} from '../../contract/http.ts';
import type { Api, ApiParts } from '../dependencies.ts';
import { BODY_PROBLEMS, RUNNING_PROBLEMS, problemResponses } from '../problems.ts';
import { sendMessage } from '../send.ts';
import { conversationOf } from '../tenant.ts';

/** The hot path: a single signal, unless the client sends a key or the workflow does not exist. */
export function messageRoute(
  app: Api,
  dependencies: Pick<ApiParts, 'store' | 'gateway' | 'quotas'>,
): void {
  app.post(
    '/v1/conversations/:id/messages',
    {
      config: { needs: 'write' },
      schema: {
        operationId: 'sendMessage',
        summary: 'Send a message',
        description:
          'Accepted at once; the answer arrives on the stream. `when_busy` says what happens to a reply in flight.',
        tags: ['talking'],
        params: conversationParams,
        headers: idempotencyHeaders,
        body: sendMessageBody,
        response: {
          202: messageAccepted,
          ...problemResponses(
            ...BODY_PROBLEMS,
            ...RUNNING_PROBLEMS,
            'conversation_busy',
            'conversation_closed',
            'idempotency_conflict',
          ),
        },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const sent = { body: request.body, key };
      return reply.code(202).send(await sendMessage(dependencies, conversationOf(request), sent));
    },
  );
}

import {
  callAccepted,
  callParams,
  closeAccepted,
  conversationParams,
  idempotencyHeaders,
  interruptAccepted,
  interruptBody,
} from '../../contract/http.ts';
import { cancelCall, closeConversation, interrupt } from '../control.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { BODY_PROBLEMS, RUNNING_PROBLEMS, problemResponses } from '../problems.ts';
import { conversationOf } from '../tenant.ts';

/** Stop talking, stop a call, or close the conversation for good. */
export function controlRoutes(
  app: Api,
  dependencies: Pick<ApiDependencies, 'store' | 'gateway'>,
): void {
  app.post(
    '/v1/conversations/:id/interrupt',
    {
      config: { needs: 'write' },
      schema: {
        operationId: 'interrupt',
        summary: 'Stop the reply in flight, calls, or both',
        description:
          'Replies and calls that are already over are unaffected. With `text`, the user also sends a message.',
        tags: ['talking'],
        params: conversationParams,
        headers: idempotencyHeaders,
        body: interruptBody,
        response: {
          202: interruptAccepted,
          ...problemResponses(
            ...BODY_PROBLEMS,
            ...RUNNING_PROBLEMS,
            'conversation_closed',
            'idempotency_conflict',
          ),
        },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const answer = await interrupt(dependencies, conversationOf(request), {
        ...request.body,
        key,
      });
      return reply.code(202).send(answer);
    },
  );

  app.post(
    '/v1/conversations/:id/calls/:call_id/cancel',
    {
      config: { needs: 'write' },
      schema: {
        operationId: 'cancelCall',
        summary: 'Cancel a call',
        description: 'Has no effect on a call that is over or unknown.',
        tags: ['talking'],
        params: callParams,
        response: {
          202: callAccepted,
          ...problemResponses(...RUNNING_PROBLEMS, 'invalid_request', 'conversation_closed'),
        },
      },
    },
    async (request, reply) => {
      const { call_id } = request.params;
      await cancelCall(dependencies, conversationOf(request), call_id);
      return reply.code(202).send({ call_id });
    },
  );

  app.post(
    '/v1/conversations/:id/close',
    {
      config: { needs: 'write' },
      schema: {
        operationId: 'closeConversation',
        summary: 'End a conversation for good',
        description: 'Stops a reply in flight and open calls. Closing it again changes nothing.',
        tags: ['conversations'],
        params: conversationParams,
        response: {
          202: closeAccepted,
          ...problemResponses(...RUNNING_PROBLEMS, 'invalid_request'),
        },
      },
    },
    async (request, reply) => {
      const conversation = conversationOf(request);
      await closeConversation(dependencies, conversation);
      return reply.code(202).send({ id: conversation.id });
    },
  );
}

import {
  callAccepted,
  callParams,
  closeAccepted,
  conversationParams,
  interruptAccepted,
  interruptBody,
} from '../../contract/http.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { randomId } from '../ids.ts';
import { whyNotRunning } from '../not-running.ts';
import { BODY_PROBLEMS, RUNNING_PROBLEMS, problemResponses } from '../problems.ts';
import { conversationOf } from '../tenant.ts';

/** Stop talking, stop a call, or close the conversation for good. */
export function controlRoutes(
  app: Api,
  { store, gateway }: Pick<ApiDependencies, 'store' | 'gateway'>,
): void {
  app.post(
    '/v1/conversations/:id/interrupt',
    {
      schema: {
        operationId: 'interrupt',
        summary: 'Stop the reply in flight, calls, or both',
        description:
          'Replies and calls that are already over are unaffected. With `text`, the user also sends a message.',
        tags: ['talking'],
        params: conversationParams,
        body: interruptBody,
        response: {
          202: interruptAccepted,
          ...problemResponses(...BODY_PROBLEMS, ...RUNNING_PROBLEMS, 'conversation_closed'),
        },
      },
    },
    async (request, reply) => {
      const conversation = conversationOf(request);
      const { scope, call_ids, text } = request.body;
      const message = text === undefined ? undefined : { message_id: randomId('msg'), text };
      const sent = await gateway.interrupt(conversation, { scope, call_ids, message });
      if (sent === 'not_running') throw await whyNotRunning({ store, gateway }, conversation);
      return reply.code(202).send({ message_id: message?.message_id });
    },
  );

  app.post(
    '/v1/conversations/:id/calls/:call_id/cancel',
    {
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
      const conversation = conversationOf(request);
      const { call_id } = request.params;
      const sent = await gateway.cancelCall(conversation, { call_id });
      if (sent === 'not_running') throw await whyNotRunning({ store, gateway }, conversation);
      return reply.code(202).send({ call_id });
    },
  );

  app.post(
    '/v1/conversations/:id/close',
    {
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
      const sent = await gateway.close(conversation, {});
      if (sent === 'not_running') {
        const why = await whyNotRunning({ store, gateway }, conversation, true);
        if (why.code !== 'conversation_closed') throw why;
      }
      return reply.code(202).send({ id: conversation.id });
    },
  );
}

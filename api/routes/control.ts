import {
  callAccepted,
  callParams,
  closeAccepted,
  conversationParams,
  idempotencyHeaders,
  interruptAccepted,
  interruptBody,
} from '../../contract/http.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { claimKey } from '../idempotency.ts';
import { derivedId, hashOf, randomId } from '../ids.ts';
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
      const conversation = conversationOf(request);
      const { tenant, id } = conversation;
      const { body } = request;
      const { scope, call_ids, text } = body;
      const key = request.headers['idempotency-key'];
      // As with messages: key and body determine the ids, and the workflow ignores an id that it knows.
      const made = (prefix: 'msg' | 'stop') =>
        key === undefined ? randomId(prefix) : derivedId(prefix, tenant, id, key, hashOf(body));
      const { answer } = await claimKey(store, {
        tenant,
        scope: `interruptions of ${id}`,
        key,
        body,
        answer: text === undefined ? {} : { message_id: made('msg') },
        goesOnWithout: true,
      });
      const { message_id } = answer;
      const sent = await gateway.interrupt(conversation, {
        ...(key !== undefined && { id: made('stop') }),
        scope,
        call_ids,
        message: text === undefined ? undefined : { message_id: message_id!, text },
      });
      if (sent === 'not_running') throw await whyNotRunning({ store, gateway }, conversation);
      return reply.code(202).send(answer);
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

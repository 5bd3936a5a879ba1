import {
  conversationParams,
  idempotencyHeaders,
  messageAccepted,
  sendMessageBody,
} from '../../contract/http.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { MessageSignal } from '../../contract/signals.ts';
import type { Store } from '../../store/store.ts';
import { allEntries } from '../all-entries.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import type { Gateway } from '../gateway.ts';
import { claimKey } from '../idempotency.ts';
import { derivedId, hashOf, randomId } from '../ids.ts';
import { whyNotRunning } from '../not-running.ts';
import { BODY_PROBLEMS, RUNNING_PROBLEMS, Problem, problemResponses } from '../problems.ts';
import { conversationOf } from '../tenant.ts';

/** The hot path: a single signal, unless the client sends a key or the workflow does not exist. */
export function messageRoute(
  app: Api,
  { store, gateway }: Pick<ApiDependencies, 'store' | 'gateway'>,
): void {
  app.post(
    '/v1/conversations/:id/messages',
    {
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
      const conversation = conversationOf(request);
      const { tenant, id } = conversation;
      const { body } = request;
      const key = request.headers['idempotency-key'];
      // Key and body determine the id, and the workflow ignores an id that it knows, so sending a repeat is safe. This covers a
      // process that died between the claim and the signal, and a store that was unavailable when the key was claimed.
      const made =
        key === undefined ? randomId('msg') : derivedId('msg', tenant, id, key, hashOf(body));
      const { answer } = await claimKey(store, {
        tenant,
        scope: `messages of ${id}`,
        key,
        body,
        answer: { message_id: made },
        goesOnWithout: true,
      });
      const { message_id } = answer;
      const sent = await send(gateway, conversation, { message_id, ...body });
      if (
        sent === 'not_running' &&
        !(key !== undefined && (await isLogged(store, conversation, message_id)))
      ) {
        throw await whyNotRunning({ store, gateway }, conversation);
      }
      return reply.code(202).send(answer);
    },
  );
}

async function send(gateway: Gateway, conversation: ConversationKey, message: MessageSignal) {
  if (message.when_busy !== 'reject') return gateway.message(conversation, message);
  const outcome = await gateway.messageIfIdle(conversation, message);
  if (outcome !== 'busy') return outcome;
  throw new Problem('conversation_busy', 'A reply or an earlier message is in flight.');
}

/** A repeat gets the same answer even if the conversation has been closed since the first request. */
async function isLogged(
  store: Pick<Store, 'entries'>,
  conversation: ConversationKey,
  messageId: string,
): Promise<boolean> {
  for await (const { message_id } of allEntries(store, conversation, ['message.user'])) {
    if (message_id === messageId) return true;
  }
  return false;
}

/** Sends a message to a conversation, for REST and MCP alike. */
import type { z } from 'zod';
import type { sendMessageBody } from '../contract/http.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { MessageSignal } from '../contract/signals.ts';
import type { Store } from '../store/store.ts';
import { allEntries } from '../store/all-entries.ts';
import type { ApiParts } from './dependencies.ts';
import type { Gateway } from './gateway.ts';
import { claimKey } from './idempotency.ts';
import { derivedId, hashOf, randomId } from './ids.ts';
import { whyNotRunning } from './not-running.ts';
import { Problem } from './problems.ts';

/**
 * @param request.key the idempotency key, if the client sent one
 * @returns the id of the accepted message
 */
export async function sendMessage(
  {
    store,
    gateway,
    quotas,
    speculation,
  }: Pick<ApiParts, 'store' | 'gateway' | 'quotas' | 'speculation'>,
  conversation: ConversationKey,
  { body, key }: { body: z.infer<typeof sendMessageBody>; key?: string },
): Promise<{ message_id: string }> {
  const { tenant, id } = conversation;
  await quotas.tokens(tenant);
  // Key and body determine the id, and the workflow ignores an id that it knows, so sending a repeat is safe. This covers a
  // process that died between the claim and the signal, and a store that was unavailable when the key was claimed.
  const made =
    key === undefined ? randomId('msg') : derivedId('msg', tenant, id, key, hashOf(body));
  const { answer, repeated } = await claimKey(store, {
    tenant,
    scope: `messages of ${id}`,
    key,
    body,
    answer: { message_id: made },
    goesOnWithout: true,
  });
  const { message_id } = answer;
  const message = { message_id, ...body };
  // A repeat has its reply already, or will have it soon.
  const dropGuess = repeated ? undefined : speculation?.guess(conversation, message);
  try {
    const sent = await send(gateway, conversation, message);
    if (
      sent === 'not_running' &&
      !(key !== undefined && (await isLogged(store, conversation, message_id)))
    ) {
      throw await whyNotRunning({ store, gateway }, conversation);
    }
    return answer;
  } catch (error) {
    dropGuess?.();
    throw error;
  }
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

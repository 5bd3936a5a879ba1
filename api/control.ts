/** Stops a reply, calls or a whole conversation, for REST and MCP alike. */
import type { z } from 'zod';
import type { interruptBody } from '../contract/http.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { ApiDependencies } from './dependencies.ts';
import { claimKey } from './idempotency.ts';
import { derivedId, hashOf, randomId } from './ids.ts';
import { whyNotRunning } from './not-running.ts';

type Needed = Pick<ApiDependencies, 'store' | 'gateway'>;

export interface Interruption extends z.infer<typeof interruptBody> {
  /** The id of the actor in the log. */
  by?: string | undefined;
  /** The client's idempotency key. */
  key?: string | undefined;
}

export async function interrupt(
  { store, gateway }: Needed,
  conversation: ConversationKey,
  { by, key, ...body }: Interruption,
): Promise<{ message_id?: string }> {
  const { tenant, id } = conversation;
  const { scope, call_ids, text } = body;
  // Key and body determine the ids, and the workflow ignores an id that it knows, as with messages.
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
    ...(by !== undefined && { by }),
  });
  if (sent === 'not_running') throw await whyNotRunning({ store, gateway }, conversation);
  return answer;
}

/** @param by the id of the actor in the log */
export async function cancelCall(
  { store, gateway }: Needed,
  conversation: ConversationKey,
  call_id: string,
  by?: string,
): Promise<void> {
  const sent = await gateway.cancelCall(conversation, {
    call_id,
    ...(by !== undefined && { by }),
  });
  if (sent === 'not_running') throw await whyNotRunning({ store, gateway }, conversation);
}

/** Closing a conversation that is closed changes nothing. */
export async function closeConversation(
  { store, gateway }: Needed,
  conversation: ConversationKey,
  by?: string,
): Promise<void> {
  const sent = await gateway.close(conversation, { ...(by !== undefined && { by }) });
  if (sent !== 'not_running') return;
  const why = await whyNotRunning({ store, gateway }, conversation, true);
  if (why.code !== 'conversation_closed') throw why;
}

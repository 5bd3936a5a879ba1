/** Erases what was said in a conversation: closes it first, then removes its words from the log and from Temporal. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversationKey } from '../contract/names.ts';
import { allConversations } from '../store/all-conversations.ts';
import type { StoredConversation } from '../store/store.ts';
import { closeConversation } from './control.ts';
import type { ApiDependencies } from './dependencies.ts';
import { unknownConversation } from './not-running.ts';
import { Problem } from './problems.ts';

type Needed = Pick<ApiDependencies, 'store' | 'bus' | 'gateway'>;

/** How long a conversation may take to close before the caller is asked to come back. Milliseconds. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 50;

/**
 * Repeatable: a repeat completes an earlier attempt.
 * @returns the tombstone
 */
export async function eraseConversation(
  dependencies: Needed,
  conversation: ConversationKey,
  patience_ms = PATIENCE_MS,
): Promise<StoredConversation> {
  const { store, bus, gateway } = dependencies;
  const known = await store.conversation(conversation);
  if (!known) throw unknownConversation(conversation);
  if (known.status !== 'closed') {
    await closeConversation(dependencies, conversation, 'erase');
    await untilClosed(dependencies, conversation, patience_ms);
  }
  // In this order: if Temporal does not answer, the words are gone from here, and a repeat still knows the calls.
  const erased = await store.erase(conversation, new Date().toISOString());
  if (erased === undefined) throw unknownConversation(conversation);
  if (erased === 'open') throw closing(conversation);
  bus.publish(conversation, { type: 'poke' });
  await gateway.forget(conversation, erased.call_ids);
  return (await store.conversation(conversation))!;
}

async function untilClosed(
  { store }: Pick<Needed, 'store'>,
  conversation: ConversationKey,
  patience_ms: number,
): Promise<void> {
  const begin = performance.now();
  while ((await store.marks([conversation]))[0]?.status !== 'closed') {
    if (performance.now() - begin > patience_ms) throw closing(conversation);
    await sleep(LOOK_MS);
  }
}

const closing = ({ id }: ConversationKey) =>
  new Problem(
    'conversation_closing',
    `${id} is being closed, since only a closed conversation can be erased. Repeat the request.`,
    { retryAfter: 2 },
  );

/** How long one request erases before it answers that there is more. Milliseconds. */
const SPAN_MS = 15_000;

/** Erases conversations of a tenant, newest first, until none is left or the time is up. */
export async function eraseTenant(
  dependencies: Needed,
  tenant: string,
  span_ms = SPAN_MS,
): Promise<{ erased: number; is_complete: boolean }> {
  const begin = performance.now();
  let erased = 0;
  for await (const { id, erased_at } of allConversations(dependencies.store, tenant)) {
    if (erased_at !== undefined) continue;
    if (performance.now() - begin > span_ms) return { erased, is_complete: false };
    await eraseConversation(dependencies, { tenant, id });
    erased += 1;
  }
  return { erased, is_complete: true };
}

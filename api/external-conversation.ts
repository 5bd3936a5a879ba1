/** Begins and signals conversations whose model is in the client: each begins with the first call of its client's thread. */
import type { ConversationKey } from '../contract/names.ts';
import type { QuickCall } from '../contract/quick.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { Sent } from './gateway.ts';
import { whyNotRunning } from './not-running.ts';

export type ExternalDependencies = Pick<
  ApiDependencies,
  'store' | 'gateway' | 'limits' | 'pushesTo'
>;

/**
 * Signals the conversation, and begins it if it has not begun.
 * @param mayBegin throws if no conversation may begin
 * @throws Problem if it is closed; what `mayBegin` throws
 */
export async function signalExternal(
  { store, gateway, limits, pushesTo }: ExternalDependencies,
  { conversation, agent, thread }: Pick<QuickCall, 'conversation' | 'agent' | 'thread'>,
  signal: (conversation: ConversationKey) => Promise<Sent>,
  mayBegin: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  if ((await signal(conversation)) === 'sent') return;
  await mayBegin();
  // Checks that the store answers: a conversation that starts but cannot be entered in the store would be orphaned.
  const known = await store.conversation(conversation);
  if (known?.status === 'closed') throw await whyNotRunning({ store, gateway }, conversation);
  const harness = thread === undefined ? undefined : pushesTo?.(agent);
  const pushes = harness && { harness, thread: thread! };
  await gateway.start({
    conversation,
    agent,
    limits,
    replies: 'external',
    ...(pushes && { pushes }),
  });
  const at = new Date().toISOString();
  await store.open(conversation, { agent, metadata: thread === undefined ? {} : { thread }, at });
  if ((await signal(conversation)) !== 'sent') {
    throw await whyNotRunning({ store, gateway }, conversation);
  }
}

export const nameOf = ({ tenant, id }: ConversationKey) => `${tenant}/${id}`;

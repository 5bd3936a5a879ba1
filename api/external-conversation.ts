/** Begins and signals conversations whose model is in the client: each begins with the first call of its client's thread. */
import { LRUCache } from 'lru-cache';
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
 * Signals the conversation, and begins it if it has not begun. When this resolves, the store knows the conversation.
 * @param mayBegin throws if no conversation may begin
 * @throws Problem if it is closed; what `mayBegin` throws
 */
export async function signalExternal(
  { store, gateway, limits, pushesTo }: ExternalDependencies,
  { conversation, agent, thread }: Pick<QuickCall, 'conversation' | 'agent' | 'thread'>,
  signal: (conversation: ConversationKey) => Promise<Sent>,
  mayBegin: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const isSent = (await signal(conversation)) === 'sent';
  if (isSent && isEntered(store, conversation)) return;
  const enter = async () => {
    const at = new Date().toISOString();
    await store.open(conversation, { agent, metadata: thread === undefined ? {} : { thread }, at });
    entered(store).set(nameOf(conversation), true);
  };
  // The process that began it may have died before it entered it in the store.
  if (isSent) return enter();
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
  await enter();
  if ((await signal(conversation)) !== 'sent') {
    throw await whyNotRunning({ store, gateway }, conversation);
  }
}

const isEntered = (store: object, conversation: ConversationKey) =>
  entered(store).get(nameOf(conversation)) === true;

/** Conversations that this process has entered in a store: to do so again is harmless, and costs a statement. */
function entered(store: object): LRUCache<string, true> {
  let known = enteredIn.get(store);
  if (!known) enteredIn.set(store, (known = new LRUCache({ max: MOST_KNOWN })));
  return known;
}

const enteredIn = new WeakMap<object, LRUCache<string, true>>();
const MOST_KNOWN = 10_000;

export const nameOf = ({ tenant, id }: ConversationKey) => `${tenant}/${id}`;

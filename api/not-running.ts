import type { ConversationKey } from '../contract/names.ts';
import type { Store } from '../store/store.ts';
import { type Gateway, GatewayUnavailable } from './gateway.ts';
import { Problem } from './problems.ts';

export interface NotRunning {
  store: Pick<Store, 'conversation'>;
  gateway: Pick<Gateway, 'settle'>;
}

/**
 * Why a conversation's workflow does not accept signals, according to the log. Called only when it does not. Closes a
 * conversation that an operator has ended, if that has not been noticed before.
 * @param evenIfLost also when Temporal knows no such workflow: the client wants it closed
 */
export async function whyNotRunning(
  { store, gateway }: NotRunning,
  conversation: ConversationKey,
  evenIfLost = false,
): Promise<Problem> {
  let known = await store.conversation(conversation);
  if (known && known.status !== 'closed') {
    await gateway.settle(conversation, evenIfLost).catch(unlessUnavailable);
    known = await store.conversation(conversation);
  }
  if (!known) return unknownConversation(conversation);
  if (known.status === 'closed') {
    return new Problem('conversation_closed', `The conversation ${known.id} is closed for good.`);
  }
  return new Problem(
    'conversation_lost',
    `The log has the conversation ${known.id}, but its workflow is gone: it ran on another Temporal server, or the log is not closed yet.`,
  );
}

/** No worker has done it in time, but it will be done. */
function unlessUnavailable(error: unknown): void {
  if (!(error instanceof GatewayUnavailable)) throw error;
}

export const unknownConversation = ({ id }: ConversationKey) =>
  new Problem('conversation_not_found', `There is no conversation ${id}.`);

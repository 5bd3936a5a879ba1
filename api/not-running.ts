import type { ConversationKey } from '../contract/names.ts';
import type { Store } from '../store/store.ts';
import { Problem } from './problems.ts';

/** Why a conversation's workflow does not take signals, from what the log knows of it. Asked only when it does not. */
export async function whyNotRunning(
  store: Pick<Store, 'conversation'>,
  conversation: ConversationKey,
): Promise<Problem> {
  const known = await store.conversation(conversation);
  if (!known) return unknownConversation(conversation);
  if (known.status === 'closed') {
    return new Problem('conversation_closed', `The conversation ${known.id} is closed for good.`);
  }
  return new Problem(
    'conversation_lost',
    `The log has the conversation ${known.id}, but its workflow is gone: terminated, or of another Temporal server.`,
  );
}

export const unknownConversation = ({ id }: ConversationKey) =>
  new Problem('conversation_not_found', `There is no conversation ${id}.`);

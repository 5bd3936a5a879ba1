import type { ConversationKey } from '../contract/names.ts';
import type { Retired } from '../store/retention-store.ts';
import type { Store } from '../store/store.ts';
import { type Gateway, GatewayUnavailable } from './gateway.ts';
import { Problem } from './problems.ts';

export interface NotRunning {
  store: Pick<Store, 'conversation'>;
  gateway: Pick<Gateway, 'settle'>;
}

/**
 * Finds out from the log why a conversation's workflow does not accept signals. If an operator has ended it unnoticed, this closes
 * the log.
 * @param evenIfLost also close the log when Temporal knows no such workflow: the client wants it closed
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

/** No worker has closed the log in time, but one will. */
function unlessUnavailable(error: unknown): void {
  if (!(error instanceof GatewayUnavailable)) throw error;
}

export const unknownConversation = (conversation: ConversationKey) =>
  new UnknownConversation(conversation);

/** Thrown by a route. The error handler then asks the store whether the conversation has left the log. */
class UnknownConversation extends Problem {
  readonly conversation: ConversationKey;

  constructor(conversation: ConversationKey) {
    super('conversation_not_found', `There is no conversation ${conversation.id}.`);
    this.conversation = conversation;
  }
}

/** The same error, unless it is about a conversation that has left the log. */
export async function explained(error: unknown, store: Pick<Store, 'retired'>): Promise<unknown> {
  if (!(error instanceof UnknownConversation)) return error;
  const { tenant, id } = error.conversation;
  let left: Retired | undefined;
  try {
    left = await store.retired({ tenant, id });
  } catch (away) {
    return away;
  }
  if (left === undefined) return error;
  const day = left.retired_at.slice(0, 10);
  const where = left.file === undefined ? 'removed' : `archived as ${left.file}`;
  return new Problem('conversation_retired', `The conversation ${id} was ${where} on ${day}.`);
}

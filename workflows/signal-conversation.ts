import { getExternalWorkflowHandle, isCancellation } from '@temporalio/workflow';
import { type ConversationKey, conversationWorkflowId, type SIGNALS } from '../contract/names.ts';
import type { CallEndedSignal, CallEventSignal } from '../contract/signals.ts';

type CallSignals = Record<typeof SIGNALS.callEvent, CallEventSignal> &
  Record<typeof SIGNALS.callEnded, CallEndedSignal>;

/**
 * Signals the conversation of a call, in whichever run it is.
 * @returns false if the conversation has closed
 * @throws CancelledFailure
 */
export async function signalConversation<K extends keyof CallSignals>(
  conversation: ConversationKey,
  name: K,
  signal: CallSignals[K],
): Promise<boolean> {
  try {
    const handle = getExternalWorkflowHandle(conversationWorkflowId(conversation));
    await handle.signal<[CallSignals[K]]>(name, signal);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}

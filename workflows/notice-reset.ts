/**
 * A workflow cannot react to its own reset: its history is replayed up to that point, and any new command would not match it.
 * So a sink tells its worker, which checks the log and sends a signal (worker/notice-resets.ts).
 */
import { proxySinks, type Sinks, workflowInfo } from '@temporalio/workflow';
import type { ConversationKey } from '../contract/names.ts';

export interface ConversationSinks extends Sinks {
  conversation: {
    /** Called each time a run created by a reset is loaded. */
    isReset(conversation: ConversationKey): void;
  };
}

export function noticeReset(conversation: ConversationKey): void {
  const { runId, originalExecutionRunId } = workflowInfo();
  if (runId === originalExecutionRunId) return;
  proxySinks<ConversationSinks>().conversation.isReset(conversation);
}

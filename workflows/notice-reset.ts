/**
 * A workflow cannot do anything of its own because it has been reset: its history is replayed up to that point, and would not fit any more. So its
 * worker is told, which looks at the log and sends a signal.
 */
import { proxySinks, type Sinks, workflowInfo } from '@temporalio/workflow';
import type { ConversationKey } from '../contract/names.ts';

export interface ConversationSinks extends Sinks {
  conversation: {
    /** Called each time that a run made by a reset is loaded. */
    isReset(conversation: ConversationKey): void;
  };
}

export function noticeReset(conversation: ConversationKey): void {
  const { runId, originalExecutionRunId } = workflowInfo();
  if (runId === originalExecutionRunId) return;
  proxySinks<ConversationSinks>().conversation.isReset(conversation);
}

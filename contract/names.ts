/** Names that cross a process boundary: Temporal, its UI and other services use them. */

/** Identifies a conversation. The keys of the store and the ids of workflows include the tenant. */
export interface ConversationKey {
  tenant: string;
  id: string;
}

/** For workflows, replies, summaries and the log. Calls have queues of their own, so that no reply ever waits for a tool. */
export const TASK_QUEUE = 'meanwhile';

/** For tools, which may run for hours. */
export const toolQueue = (taskQueue: string) => `${taskQueue}-tools`;

/** For everything else that calls need: announcing and withdrawing them, their slots, stopping their programs. */
export const errandQueue = (taskQueue: string) => `${taskQueue}-errands`;

/** The tenant of a service without API keys. */
export const DEFAULT_TENANT = 'default';

/** Search attributes, registered when the worker starts. Both are keywords. */
export const SEARCH_ATTRIBUTES = { tenant: 'MeanwhileTenant', status: 'MeanwhileStatus' } as const;

/** Signals and updates of the conversation workflow. */
export const SIGNALS = {
  message: 'message',
  interrupt: 'interrupt',
  cancelCall: 'cancel_call',
  callEvent: 'call_event',
  callEnded: 'call_ended',
  close: 'close',
  reset: 'reset',
  /** For a conversation whose model is elsewhere. */
  requestCall: 'request_call',
  recordCalls: 'record_calls',
  deliver: 'deliver',
  acknowledge: 'acknowledge',
} as const;

/** Signals of the call workflow: of a remote tool, and of a tool that asks a person. */
export const CALL_SIGNALS = { push: 'push', answer: 'answer' } as const;

export const UPDATES = {
  /** Like the signal, but refused while the conversation is busy. */
  messageIfIdle: 'message_if_idle',
  /** A person approves or denies a call that awaits approval. Refused for any other call. */
  decideCall: 'decide_call',
  /** A person answers what a running call asks. Refused if it does not ask that. */
  answerCall: 'answer_call',
} as const;

/** The tool that the conversation carries out itself: no activity, no worker. */
export const CANCEL_TOOL = 'cancel_call';

/** The tool that the service appears to call when events are shown to a model as tool results. The name is reserved. */
export const EVENT_TOOL = 'next_event';
/** The tool that reads further in a large result. Its own results are always sent whole. */
export const READ_TOOL = 'read_result';

export const conversationWorkflowId = ({ tenant, id }: ConversationKey) =>
  `conversation/${tenant}/${id}`;

export const callWorkflowId = (tenant: string, callId: string) => `call/${tenant}/${callId}`;

/** For the workflows that record the end of a workflow which an operator has ended, and clean up after it. */
export const settleWorkflowId = ({ tenant, id }: ConversationKey) => `settle/${tenant}/${id}`;
export const settleCallWorkflowId = (tenant: string, callId: string, runId: string) =>
  `settle-call/${tenant}/${callId}/${runId}`;

/** Replies are numbered 1, 2, 3 … within a conversation. */
export const replyId = (number: number) => `reply_${number}`;

export const replyNumber = (id: string) => Number(id.slice('reply_'.length));

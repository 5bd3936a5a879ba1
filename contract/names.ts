/** Names that cross a process: what Temporal, its UI and other services know us by. */

/** Whose conversation it is. Every key of the store and every workflow id starts with it. */
export interface ConversationKey {
  tenant: string;
  id: string;
}

/** Of workflows, replies, summaries and the log. What calls do has queues of its own, so that no reply ever waits for a tool. */
export const TASK_QUEUE = 'meanwhile';

/** Of tools, which may run for hours. */
export const toolQueue = (taskQueue: string) => `${taskQueue}-tools`;

/** Of what else calls need: announcing and withdrawing them, their places, the end of their programs. */
export const errandQueue = (taskQueue: string) => `${taskQueue}-errands`;

/** The tenant of a service that has no keys. */
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
} as const;

/** Signals of the call workflow of a remote tool. */
export const CALL_SIGNALS = { push: 'push' } as const;

export const UPDATES = {
  /** Like the signal, but refused while the conversation is busy. */
  messageIfIdle: 'message_if_idle',
  /** A person agrees to a call that awaits it, or does not. Refused for any other call. */
  decideCall: 'decide_call',
} as const;

/** The tool that the conversation itself carries out: no activity, no worker. */
export const CANCEL_TOOL = 'cancel_call';

/** What the service seems to call where events are put to a model as results of a tool. Nobody else may. */
export const EVENT_TOOL = 'next_event';
/** The tool that reads on in a large result. Its own answers always travel whole. */
export const READ_TOOL = 'read_result';

export const conversationWorkflowId = ({ tenant, id }: ConversationKey) =>
  `conversation/${tenant}/${id}`;

export const callWorkflowId = (tenant: string, callId: string) => `call/${tenant}/${callId}`;

/** Of the workflows that write down what has become of one which an operator has ended, and tidy up after it. */
export const settleWorkflowId = ({ tenant, id }: ConversationKey) => `settle/${tenant}/${id}`;
export const settleCallWorkflowId = (tenant: string, callId: string, runId: string) =>
  `settle-call/${tenant}/${callId}/${runId}`;

/** Replies are numbered 1, 2, 3 … within a conversation. */
export const replyId = (number: number) => `reply_${number}`;

export const replyNumber = (id: string) => Number(id.slice('reply_'.length));

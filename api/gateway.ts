/** The requests of the API to the conversation workflows: the only way for HTTP requests to influence what happens next. */
import type {
  AcknowledgeSignal,
  AnswerCall,
  CallPush,
  CancelCallSignal,
  CloseSignal,
  ConversationStart,
  DecideCall,
  DeliverSignal,
  InterruptSignal,
  MessageSignal,
  RecordCallsSignal,
  RequestCallSignal,
} from '../contract/signals.ts';
import type { ConversationKey } from '../contract/names.ts';

/** `not_running`: the workflow does not exist, or has ended. */
export type Sent = 'sent' | 'not_running';

export type Decided =
  | { outcome: 'accepted' | 'not_running' }
  /** `message` describes the state of the call. */
  | { outcome: 'not_found' | 'not_awaiting'; message: string };

/** Every method throws GatewayUnavailable when the server does not answer. */
export interface Gateway {
  /** Idempotent: a conversation that was started before, or is over, stays as it is. The message arrives with the start. */
  start(start: ConversationStart, message?: MessageSignal): Promise<void>;
  message(conversation: ConversationKey, message: MessageSignal): Promise<Sent>;
  /** R2, `reject`: the workflow says whether it is busy. Idempotent for the same message id. */
  messageIfIdle(
    conversation: ConversationKey,
    message: MessageSignal,
  ): Promise<'accepted' | 'busy' | 'not_running'>;
  interrupt(conversation: ConversationKey, interrupt: InterruptSignal): Promise<Sent>;
  cancelCall(conversation: ConversationKey, cancel: CancelCallSignal): Promise<Sent>;
  /** The workflow says whether the call awaits a decision. Idempotent for the same decision. */
  decideCall(conversation: ConversationKey, decision: DecideCall): Promise<Decided>;
  /** The workflow says whether the call asks this question. Idempotent for the same answer. */
  answerCall(conversation: ConversationKey, answer: AnswerCall): Promise<Decided>;
  /** Requests a call in a conversation whose model is in the client. Idempotent for the same call id. */
  requestCall(conversation: ConversationKey, request: RequestCallSignal): Promise<Sent>;
  /** Records calls that are over already. Idempotent for the same call ids. */
  recordCalls(conversation: ConversationKey, record: RecordCallsSignal): Promise<Sent>;
  /** Reports that the client has been sent this news. Idempotent for the same place. */
  deliver(conversation: ConversationKey, deliver: DeliverSignal): Promise<Sent>;
  /** Reports that the client has everything up to this entry. */
  acknowledge(conversation: ConversationKey, acknowledge: AcknowledgeSignal): Promise<Sent>;
  close(conversation: ConversationKey, close: CloseSignal): Promise<Sent>;
  /** True once the workflow has ended, or if it does not exist. */
  isOver(conversation: ConversationKey): Promise<boolean>;
  /**
   * Closes the log of a conversation whose workflow is gone. Resolves when the log is closed, or when the workflow runs.
   * @param evenIfLost also when the workflow does not exist
   */
  settle(conversation: ConversationKey, evenIfLost: boolean): Promise<void>;
  /**
   * Has the server delete the workflows of an ended conversation and of these calls, with their histories. The server does so a
   * little later. Repeatable.
   */
  forget(conversation: ConversationKey, callIds: readonly string[]): Promise<void>;
  /** Signals the workflow of a remote tool's call. Idempotent for the same number. */
  push(call: { tenant: string; call_id: string }, push: CallPush): Promise<Sent>;
  /** Resolves when the server answers. */
  ready(): Promise<void>;
}

/** Temporal could not be reached, or did not answer in time. Whether the request took effect is unknown. */
export class GatewayUnavailable extends Error {
  override name = 'GatewayUnavailable';
}

/** What the API asks of the conversation workflows. The only way from HTTP to what happens next. */
import type {
  CallPush,
  CancelCallSignal,
  CloseSignal,
  ConversationStart,
  DecideCall,
  InterruptSignal,
  MessageSignal,
} from '../contract/signals.ts';
import type { ConversationKey } from '../contract/names.ts';

/** `not_running`: there is no such workflow, or it has ended. */
export type Sent = 'sent' | 'not_running';

export type Decided =
  | { outcome: 'accepted' | 'not_running' }
  /** `message` says what has become of the call. */
  | { outcome: 'not_found' | 'not_awaiting'; message: string };

/** Every method throws GatewayUnavailable where nothing can be said because the server does not answer. */
export interface Gateway {
  /** Repeatable: a conversation that was started before, or is over, stays as it is. The message arrives with the start. */
  start(start: ConversationStart, message?: MessageSignal): Promise<void>;
  message(conversation: ConversationKey, message: MessageSignal): Promise<Sent>;
  /** R2, `reject`: the workflow says whether it is busy. Repeatable with the same message id. */
  messageIfIdle(
    conversation: ConversationKey,
    message: MessageSignal,
  ): Promise<'accepted' | 'busy' | 'not_running'>;
  interrupt(conversation: ConversationKey, interrupt: InterruptSignal): Promise<Sent>;
  cancelCall(conversation: ConversationKey, cancel: CancelCallSignal): Promise<Sent>;
  /** The workflow says whether the call awaits a decision. Repeatable with the same one. */
  decideCall(conversation: ConversationKey, decision: DecideCall): Promise<Decided>;
  close(conversation: ConversationKey, close: CloseSignal): Promise<Sent>;
  /** True: nothing can happen in it any more. Where there is no such workflow that is so too. */
  isOver(conversation: ConversationKey): Promise<boolean>;
  /**
   * Closes the log of a conversation whose workflow is gone. Resolves once that is done, or there is nothing to do: it runs.
   * @param evenIfLost also where there is no such workflow
   */
  settle(conversation: ConversationKey, evenIfLost: boolean): Promise<void>;
  /** To the workflow of a remote tool's call. Repeatable with the same number. */
  push(call: { tenant: string; call_id: string }, push: CallPush): Promise<Sent>;
  /** Resolves when the server answers. */
  ready(): Promise<void>;
}

/** Temporal could not be reached, or did not answer in time. Whether the request took effect is not known. */
export class GatewayUnavailable extends Error {
  override name = 'GatewayUnavailable';
}

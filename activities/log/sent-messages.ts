import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { believe, messageSignal } from '../../contract/believe.ts';
import {
  type ConversationKey,
  conversationWorkflowId,
  SIGNALS,
  UPDATES,
} from '../../contract/names.ts';
import type { Sent } from '../../store/gone.ts';

/**
 * What users have sent to the last run of a conversation, according to its history, and what the previous run handed over to it.
 */
export async function sentMessages(
  client: Pick<Client, 'workflow' | 'options'>,
  conversation: ConversationKey,
): Promise<Sent[]> {
  const handle = client.workflow.getHandle(conversationWorkflowId(conversation));
  const { events } = await handle.fetchHistory();
  const { payloadConverter } = client.options.loadedDataConverter;
  const read = (payload?: Payload | null): any => {
    try {
      return payload ? payloadConverter.fromPayload(payload) : undefined;
    } catch {
      // No one could have read it.
      return undefined;
    }
  };
  return (events ?? []).flatMap((event): Sent[] => {
    const at = new Date(Number(event.eventTime?.seconds ?? 0) * 1_000).toISOString();
    const started = event.workflowExecutionStartedEventAttributes;
    const signal = event.workflowExecutionSignaledEventAttributes;
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (started) return handedOver(read(started.input?.payloads?.[1]), at);
    if (signal?.signalName === SIGNALS.message)
      return message(read(signal.input?.payloads?.[0]), at);
    if (signal?.signalName === SIGNALS.interrupt) {
      return message(read(signal.input?.payloads?.[0])?.message, at);
    }
    if (update?.name === UPDATES.messageIfIdle)
      return message(read(update.args?.payloads?.[0]), at);
    return [];
  });
}

function message(given: unknown, at: string): Sent[] {
  const { value } = believe(messageSignal, given);
  return value ? [{ at, message: value }] : [];
}

/** Received or decided, and not written yet. */
function handedOver(carried: any, at: string): Sent[] {
  const { inbox, unwritten } = carried ?? {};
  const heard = [unwritten, inbox].flatMap((list) => (Array.isArray(list) ? list : []));
  return heard.flatMap((each) => {
    const isMessage = each?.type === 'message' || each?.kind === 'message.user';
    if (!isMessage) return message(each?.message, at);
    return message({ ...each, author: each.author ?? each.actor?.id }, at);
  });
}

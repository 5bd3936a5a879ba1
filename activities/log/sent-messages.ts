import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { validate, messageSignal } from '../../contract/untrusted.ts';
import {
  type ConversationKey,
  conversationWorkflowId,
  SIGNALS,
  UPDATES,
} from '../../contract/names.ts';
import { readPayload } from './read-payload.ts';
import type { AcceptedMessage } from '../../store/gone.ts';

/**
 * What users have sent to the last run of a conversation, according to its history, and what the previous run handed over to it.
 */
export async function sentMessages(
  client: Pick<Client, 'workflow' | 'options'>,
  conversation: ConversationKey,
): Promise<AcceptedMessage[]> {
  const handle = client.workflow.getHandle(conversationWorkflowId(conversation));
  const { events } = await handle.fetchHistory();
  const read = async (payload?: Payload | null): Promise<any> =>
    // The workflow could not have read it either.
    payload ? readPayload(client, payload).catch(() => undefined) : undefined;
  const sent = (events ?? []).map(async (event): Promise<AcceptedMessage[]> => {
    const at = new Date(Number(event.eventTime?.seconds ?? 0) * 1_000).toISOString();
    const started = event.workflowExecutionStartedEventAttributes;
    const signal = event.workflowExecutionSignaledEventAttributes;
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (started) return handedOver(await read(started.input?.payloads?.[1]), at);
    if (signal?.signalName === SIGNALS.message)
      return message(await read(signal.input?.payloads?.[0]), at);
    if (signal?.signalName === SIGNALS.interrupt) {
      return message((await read(signal.input?.payloads?.[0]))?.message, at);
    }
    if (update?.name === UPDATES.messageIfIdle)
      return message(await read(update.args?.payloads?.[0]), at);
    return [];
  });
  return (await Promise.all(sent)).flat();
}

function message(given: unknown, at: string): AcceptedMessage[] {
  const { value } = validate(messageSignal, given);
  return value ? [{ at, message: value }] : [];
}

/** The messages that the previous run had received or decided on, but not written yet. */
function handedOver(carried: any, at: string): AcceptedMessage[] {
  const { inbox, unwritten } = carried ?? {};
  const heard = [unwritten, inbox].flatMap((list) => (Array.isArray(list) ? list : []));
  return heard.flatMap((each) => {
    const isMessage = each?.type === 'message' || each?.kind === 'message.user';
    if (!isMessage) return message(each?.message, at);
    return message({ ...each, author: each.author ?? each.actor?.id }, at);
  });
}

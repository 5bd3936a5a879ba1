/** Cleans up after workflows that an operator has ended, or that have failed: they can no longer do so themselves. */
import {
  getExternalWorkflowHandle,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { type ConversationKey, conversationWorkflowId, SIGNALS } from '../contract/names.ts';
import type { CallEndedSignal } from '../contract/signals.ts';
import type { CallStart, ToolFacts } from '../contract/call.ts';
import { callStartOf } from './carried.ts';
import { failureOf } from './failure.ts';
import { forErrands } from './queues.ts';
import { withdraw } from './remote-call.ts';

const { describeTool } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 3 },
});
const { closeGone, findCall } = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '3s' },
});

const toReleaseSlot = () =>
  proxyActivities<Activities>({
    ...forErrands(),
    startToCloseTimeout: '30s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '3s' },
  });

const toStopProgram = () =>
  proxyActivities<Activities>({
    ...forErrands(),
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '2 minutes',
  });

/**
 * Closes the log of a conversation whose workflow is gone.
 * @param evenIfLost also close it if Temporal knows no such workflow, because a client asked to close it
 */
export async function settleConversation(
  conversation: ConversationKey,
  evenIfLost = false,
): Promise<void> {
  await closeGone(conversation, evenIfLost);
}

/** Tells the conversation the end of a call whose workflow is gone, stops its program and releases its slots. */
export async function settleCall(given: CallStart): Promise<void> {
  const start = callStartOf(given);
  const { conversation, call_id } = start;
  const found = await findCall({ tenant: conversation.tenant, callId: call_id });
  // The call was reset meanwhile and continues.
  if (found.state !== 'ended') return;
  await tell(conversation, { call_id, end: found.end });
  const facts = await describeTool(start.tool, start).catch(() => undefined);
  await toReleaseSlot().releaseSlot(start);
  if (facts?.kind === 'remote') await withdraw(start, found.end);
  else await stop(start, facts);
}

async function tell(conversation: ConversationKey, ended: CallEndedSignal): Promise<void> {
  try {
    const handle = getExternalWorkflowHandle(conversationWorkflowId(conversation));
    await handle.signal<[CallEndedSignal]>(SIGNALS.callEnded, ended);
  } catch {
    // The conversation is over: nothing is left to receive the signal.
  }
}

/** A tool without facts is no longer in the catalogue, but it may have started a program. */
async function stop(start: CallStart, facts?: ToolFacts & { kind: 'local' }): Promise<void> {
  if (facts && !facts.keeps) return;
  try {
    await toStopProgram().stopProgram(start);
  } catch (error) {
    setCurrentDetails(`Its program may still run: ${failureOf(error).message}`);
  }
}

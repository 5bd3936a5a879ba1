/** Tidies up after workflows that an operator has ended, or that have failed: they can no longer do so themselves. */
import {
  getExternalWorkflowHandle,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { type ConversationKey, conversationWorkflowId, SIGNALS } from '../contract/names.ts';
import type { CallEndedSignal } from '../contract/signals.ts';
import type { CallStart, ToolFacts } from '../contract/turn.ts';
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
 * @param evenIfLost also where Temporal knows no such workflow: somebody wants it closed
 */
export async function settleConversation(
  conversation: ConversationKey,
  evenIfLost = false,
): Promise<void> {
  await closeGone(conversation, evenIfLost);
}

/** Tells the conversation of the end of a call whose workflow is gone, stops its program and gives its places back. */
export async function settleCall(given: CallStart): Promise<void> {
  const start = callStartOf(given);
  const { conversation, call_id } = start;
  const found = await findCall({ tenant: conversation.tenant, callId: call_id });
  // It was reset meanwhile, and goes on.
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
    // The conversation is over: nobody is left to hear it.
  }
}

/** A tool that is gone may have started one. */
async function stop(start: CallStart, facts?: ToolFacts & { kind: 'local' }): Promise<void> {
  if (facts && !facts.keeps) return;
  try {
    await toStopProgram().stopProgram(start);
  } catch (error) {
    setCurrentDetails(`Its program may still run: ${failureOf(error).message}`);
  }
}

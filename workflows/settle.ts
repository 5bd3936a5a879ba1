/** Cleans up after workflows that an operator has ended, or that have failed: they can no longer do so themselves. */
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { type ConversationKey, SIGNALS } from '../contract/names.ts';
import type { CallStart } from '../contract/call.ts';
import { callStartOf } from './carried.ts';
import { forErrands } from './queues.ts';
import { withdraw } from './remote-call.ts';
import { signalConversation } from './signal-conversation.ts';
import { stopProgram } from './stop-program.ts';

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
  await signalConversation(conversation, SIGNALS.callEnded, { call_id, end: found.end });
  const facts = await describeTool(start.tool, start).catch(() => undefined);
  await toReleaseSlot().releaseSlot(start);
  if (facts?.kind === 'remote') await withdraw(start, found.end);
  // A tool without facts is no longer in the catalogue, but it may have started a program.
  else if (!facts || facts.keeps) await stopProgram(start);
}

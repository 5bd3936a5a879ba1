/** The state of workflows, as Temporal knows it; and closing conversations whose workflow is gone. */
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { NO_RUN } from '../../contract/batch.ts';
import type { ClosedBy } from '../../contract/entry.ts';
import {
  callWorkflowId,
  type ConversationKey,
  conversationWorkflowId,
} from '../../contract/names.ts';
import { CALL_TERMINATED, type CallEnd } from '../../contract/signals.ts';
import type { CallWorkflowState } from '../../contract/signals.ts';
import type { Store } from '../../store/store.ts';
import type { Bus } from '../../stream/bus.ts';
import { sentMessages } from './sent-messages.ts';

type Workflows = Pick<Client, 'workflow' | 'options'>;

/** The activity says whether a call runs, and if it has ended, how. */
export function createFindCall(client: Workflows) {
  return async function findCall(call: {
    tenant: string;
    callId: string;
  }): Promise<CallWorkflowState> {
    const handle = client.workflow.getHandle(callWorkflowId(call.tenant, call.callId));
    const fate = await fateOf(client, handle.workflowId);
    if (fate === 'running') return { state: 'running' };
    if (fate === 'lost') return { state: 'unknown' };
    return { state: 'ended', end: await handle.result().then((end: CallEnd) => end, endOf) };
  };
}

function endOf(error: unknown): CallEnd {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const { cause } = error;
  if (cause instanceof CancelledFailure) return { type: 'cancelled' };
  if (cause instanceof ApplicationFailure) {
    return {
      type: 'failed',
      error: { type: cause.type ?? 'Error', message: cause.message },
    };
  }
  return { type: 'failed', error: CALL_TERMINATED };
}

export interface CloseGoneDependencies {
  client: Workflows;
  store: Pick<Store, 'writer' | 'closeGone' | 'conversation'>;
  bus: Bus;
}

/**
 * The activity closes the log of a conversation whose workflow is gone, once none of its work is still running.
 * @returns whether it is closed
 */
export function createCloseGone({ client, store, bus }: CloseGoneDependencies) {
  return async function closeGone(
    conversation: ConversationKey,
    evenIfLost: boolean,
  ): Promise<boolean> {
    // Read before Temporal is asked: anything written after this comes from a run that goes on.
    const seen = await store.writer(conversation);
    if (!seen) return false;
    const isClosed = seen.status === 'closed';
    if (isClosed && (seen.run_id === undefined || seen.run_id === NO_RUN)) return true;
    const why = await fateOf(client, conversationWorkflowId(conversation));
    // The end of the workflow was committed, or Temporal no longer knows it.
    if (isClosed && (why === 'completed' || why === 'lost')) return true;
    if (why === 'running' || (why === 'lost' && !evenIfLost)) return false;
    for (const callId of seen.calls) await cancelCall(client, conversation.tenant, callId);
    const reply = (await store.conversation(conversation))?.reply?.id;
    const at = new Date().toISOString();
    const sent = why === 'lost' ? [] : await sentMessages(client, conversation);
    const closed = await store.closeGone(conversation, { why, at, seen, sent });
    if (reply !== undefined) bus.publish(conversation, { type: 'stop', reply_id: reply });
    bus.publish(conversation, { type: 'poke' });
    return closed || (await store.writer(conversation))?.status === 'closed';
  };
}

async function cancelCall(client: Workflows, tenant: string, callId: string): Promise<void> {
  try {
    await client.workflow.getHandle(callWorkflowId(tenant, callId)).cancel();
  } catch (error) {
    // It is already over.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

const FATES: Record<string, ClosedBy | 'running'> = {
  RUNNING: 'running',
  CONTINUED_AS_NEW: 'running',
  PAUSED: 'running',
  COMPLETED: 'completed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  FAILED: 'failed',
  TIMED_OUT: 'timed_out',
};

/** The status of its last run. `lost` when Temporal knows no such workflow. */
async function fateOf(client: Workflows, workflowId: string): Promise<ClosedBy | 'running'> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return FATES[status.name] ?? 'running';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'lost';
    throw error;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import {
  callWorkflowId,
  type ConversationKey,
  conversationWorkflowId,
  settleWorkflowId,
} from '../contract/names.ts';

/** The most ids in one query: Temporal bounds its length. */
const IDS_A_QUERY = 50;

/**
 * Deletes every run of a conversation and of its calls. The current runs are deleted by their ids. Earlier runs are found by
 * visibility, which may lag a moment behind; a repeat finds what was missed.
 */
export async function forgetWorkflows(
  client: Client,
  conversation: ConversationKey,
  callIds: readonly string[],
): Promise<void> {
  const { tenant } = conversation;
  const begin = performance.now();
  const ids = [
    conversationWorkflowId(conversation),
    settleWorkflowId(conversation),
    ...callIds.map((callId) => callWorkflowId(tenant, callId)),
  ];
  // The log is closed a moment before the workflow ends, and a server does not delete a workflow in between.
  await Promise.all(ids.map((id) => untilOver(client, id, begin + ENDING_MS)));
  for (let from = 0; from < ids.length; from += IDS_A_QUERY) {
    const some = ids.slice(from, from + IDS_A_QUERY);
    for await (const { workflowId, runId } of client.workflow.list({ query: isOneOf(some) })) {
      await remove(client, workflowId, runId);
    }
  }
  for (const callId of callIds) {
    const query = `WorkflowId STARTS_WITH "settle-call/${tenant}/${callId}/"`;
    for await (const { workflowId, runId } of client.workflow.list({ query })) {
      await remove(client, workflowId, runId);
    }
  }
  for (const workflowId of ids) await remove(client, workflowId);
}

/** How long a workflow may take to end. After that it is deleted, which terminates it. Milliseconds. */
const ENDING_MS = 3_000;
const LOOK_MS = 50;

async function untilOver(client: Client, workflowId: string, deadline: number): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  while (performance.now() < deadline) {
    const found = await handle.describe().catch(unlessNotFound);
    if (found?.status.name !== 'RUNNING') return;
    await sleep(LOOK_MS);
  }
}

function unlessNotFound(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

/** Ids are letters, digits, `_`, `-`, `.` and `/`. */
const isOneOf = (ids: string[]) => `WorkflowId IN (${ids.map((id) => `"${id}"`).join(', ')})`;

async function remove(
  { workflowService, options: { namespace } }: Client,
  workflowId: string,
  runId = '',
): Promise<void> {
  try {
    await workflowService.deleteWorkflowExecution({
      namespace,
      workflowExecution: { workflowId, runId },
    });
  } catch (error) {
    // It has been deleted already.
    if (isGrpcServiceError(error) && (error.code as number) === NOT_FOUND) return;
    throw error;
  }
}

/** The gRPC status code. */
const NOT_FOUND = 5;

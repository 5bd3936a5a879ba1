/** The runs of a conversation, as Temporal knows them. An operator's reset ends one run and makes another from its history. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { ResetOrigin } from '../contract/batch.ts';
import { type ConversationKey, conversationWorkflowId } from '../contract/names.ts';

export interface Runs {
  /** Whether this run is the current one. */
  isCurrentRun(conversation: ConversationKey, runId: string): Promise<boolean>;
  originOf(conversation: ConversationKey, runId: string): Promise<ResetOrigin>;
  /** Whether this run was ended before it had completed, as a reset does. False once Temporal has forgotten it. */
  isTerminated(conversation: ConversationKey, runId: string): Promise<boolean>;
}

export const runsOf = (client: Client): Runs => ({
  async isCurrentRun(conversation, runId) {
    try {
      const handle = client.workflow.getHandle(conversationWorkflowId(conversation));
      const current = await handle.describe();
      return current.runId === runId && current.status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  },
  async isTerminated(conversation, runId) {
    try {
      const handle = client.workflow.getHandle(conversationWorkflowId(conversation), runId);
      return (await handle.describe()).status.name === 'TERMINATED';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  },
  originOf: (conversation, runId) => originOf(client, conversationWorkflowId(conversation), runId),
});

const REASON_CHARS = 500;
/** The limit for resets of runs that were themselves made by a reset. */
const MOST_BASES = 10;

export async function originOf(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<ResetOrigin> {
  const made = await resetOf(client, workflowId, runId);
  const base_runs: string[] = [];
  let base = made?.baseRunId;
  while (base && base_runs.length < MOST_BASES) {
    base_runs.push(base);
    const before = await resetOf(client, workflowId, base).catch(unlessForgotten);
    base = before?.baseRunId ?? (await continuedFrom(client, workflowId, base));
  }
  const reason = made?.failure?.message?.slice(0, REASON_CHARS);
  return { ...(base_runs.length > 0 && { base_runs }), ...(reason && { reason }) };
}

/** The reset that made a run: the event in its history at which the copied part ends, close to the end of the history. */
async function resetOf(
  { workflowService, options: { namespace } }: Client,
  workflowId: string,
  runId: string,
) {
  let nextPageToken: Uint8Array | null | undefined;
  do {
    const page = await workflowService.getWorkflowExecutionHistoryReverse({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: 200,
      nextPageToken,
    });
    const task = page.history?.events
      ?.map((event) => event.workflowTaskFailedEventAttributes)
      .find((failed) => failed?.newRunId === runId);
    if (task) return task;
    ({ nextPageToken } = page);
  } while (nextPageToken && nextPageToken.length > 0);
  return undefined;
}

async function continuedFrom(
  { workflowService, options: { namespace } }: Client,
  workflowId: string,
  runId: string,
): Promise<string | undefined> {
  const page = await workflowService
    .getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    })
    .catch(unlessForgotten);
  const started = page?.history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  return started?.continuedExecutionRunId || undefined;
}

/** Temporal deletes ended runs after the retention period. */
function unlessForgotten(error: unknown): undefined {
  if ((error as { code?: number }).code === NOT_FOUND) return undefined;
  throw error;
}

/** The gRPC status code. */
const NOT_FOUND = 5;

/**
 * Reports to Temporal that a worker process is dead, so that nothing waits for timeouts: its activity attempts fail and are retried,
 * and its sticky task queue is no longer used. Correctness does not depend on this: the timeouts remain.
 */
import { ApplicationFailure } from '@temporalio/common';
import { ActivityNotFoundError, type Client, isGrpcServiceError } from '@temporalio/client';
import { conversationWorkflowId } from '../contract/names.ts';
import type { InHand, Left } from './journal.ts';

export interface HandedOver {
  /** Activity attempts that are retried, or that are now cancelled as requested. */
  activities: InHand[];
  /** The sticky task queue of the dead worker, if it was found. */
  stickyQueue?: string;
}

export async function handOver(client: Client, left: Left): Promise<HandedOver> {
  const stickyQueue = await freeStickyQueue(client, left);
  const told = await Promise.all(
    left.inHand.map(async (work) => ((await endAttempt(client, left, work)) ? [work] : [])),
  );
  return { activities: told.flat(), ...(stickyQueue && { stickyQueue }) };
}

/**
 * Fails an attempt. Its token belongs to that attempt alone: if Temporal has already given it up, the token is refused.
 * @returns false when the attempt was over
 */
async function endAttempt(
  client: Client,
  { namespace, identity }: Left,
  { token }: InHand,
): Promise<boolean> {
  if (token === undefined) return false;
  const taskToken = Buffer.from(token, 'base64');
  try {
    // An attempt with a pending cancellation ends as cancelled and is not retried: it has indeed stopped.
    await client.workflowService.respondActivityTaskCanceled({ namespace, identity, taskToken });
    return true;
  } catch (error) {
    if (isCode(error, NOT_FOUND)) return false;
    if (!isCode(error, INVALID_ARGUMENT)) throw error;
  }
  try {
    await client.activity.fail(taskToken, lost());
    return true;
  } catch (error) {
    if (error instanceof ActivityNotFoundError) return false;
    throw error;
  }
}

/** gRPC status codes. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;

const isCode = (error: unknown, code: number) =>
  isGrpcServiceError(error) && (error.code as number) === code;

const lost = () =>
  ApplicationFailure.create({
    type: 'WorkerLost',
    message: 'The worker process is gone.',
    nextRetryDelay: 1,
  });

/** `temporal.api.enums.v1.TaskQueueKind` */
const STICKY = 2;

/** Temporal would offer a conversation first to the dead worker that had cached it, and to others only a second later. */
async function freeStickyQueue(client: Client, left: Left): Promise<string | undefined> {
  const { namespace, identity } = left;
  for (const workflow of workflowsOf(left)) {
    const stickyTaskQueue = await stickyQueueOf(client, left, workflow);
    if (stickyTaskQueue === undefined) continue;
    const reason = 'Its process is gone.';
    await client.workflowService.shutdownWorker({ namespace, identity, stickyTaskQueue, reason });
    return stickyTaskQueue;
  }
  return undefined;
}

/**
 * The workflows whose histories may name the sticky queue, latest first. A call's only workflow task does not name it, but the tasks
 * of its conversation do.
 */
function workflowsOf({ inHand }: Left): Workflow[] {
  const workflows = inHand
    .toReversed()
    .flatMap(({ workflow, call }): Workflow[] =>
      call ? [workflow, { id: conversationWorkflowId(call.conversation) }] : [workflow],
    );
  return [...new Map(workflows.map((workflow) => [workflow.id, workflow])).values()].slice(
    0,
    MOST_LOOKED_AT,
  );
}

interface Workflow {
  id: string;
  /** The current run when absent. */
  run?: string;
}

/** The process itself does not know the name of its queue, but the histories of its workflows contain it. */
async function stickyQueueOf(
  client: Client,
  { namespace, identity }: Left,
  { id: workflowId, run: runId }: Workflow,
): Promise<string | undefined> {
  const execution = { workflowId, runId };
  const { history } = await client.workflowService
    .getWorkflowExecutionHistoryReverse({ namespace, execution, maximumPageSize: 50 })
    .catch((error: unknown) => {
      if (isCode(error, NOT_FOUND)) return { history: undefined };
      throw error;
    });
  const queues = history?.events?.map(
    (event) => event.workflowTaskScheduledEventAttributes?.taskQueue,
  );
  // The name begins with the identity of its worker.
  const isOurs = (name?: string | null) => name?.startsWith(`${identity}-`) === true;
  return (
    queues?.find((queue) => Number(queue?.kind) === STICKY && isOurs(queue?.name))?.name ??
    undefined
  );
}

const MOST_LOOKED_AT = 20;

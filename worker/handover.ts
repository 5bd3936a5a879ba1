/**
 * Tells Temporal at once that a worker process is dead, instead of letting every time-out run: its attempts at activities fail and are tried
 * again, its own task queue is no longer used. Nothing here is needed for anything to be right: the time-outs remain.
 */
import { ApplicationFailure } from '@temporalio/common';
import { ActivityNotFoundError, type Client, isGrpcServiceError } from '@temporalio/client';
import { conversationWorkflowId } from '../contract/names.ts';
import type { InHand, Left } from './journal.ts';

export interface HandedOver {
  /** Attempts at activities that are tried again, or were to be cancelled and now are. */
  activities: InHand[];
  /** The task queue of the dead worker, where it was found. */
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
 * The token is that of one attempt: should Temporal have given it up by itself, and another worker gone on, it is refused.
 * @returns false: it was over
 */
async function endAttempt(
  client: Client,
  { namespace, identity }: Left,
  { token }: InHand,
): Promise<boolean> {
  if (token === undefined) return false;
  const taskToken = Buffer.from(token, 'base64');
  try {
    // What was to be cancelled is not tried again, and has stopped indeed.
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
    message: 'The process of the worker is gone.',
    nextRetryDelay: 1,
  });

/** `temporal.api.enums.v1.TaskQueueKind` */
const STICKY = 2;

/** A conversation that the dead worker knew by heart would be offered to it first, and to others only a second later. */
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

/** Latest first. A call is done with one task, in which it does not say where its worker is; its conversation does. */
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
  /** Absent: the current one. */
  run?: string;
}

/** It has no name that its own process would know: it stands in the histories of its workflows. */
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
  // It begins with the identity of its worker.
  const isOurs = (name?: string | null) => name?.startsWith(`${identity}-`) === true;
  return (
    queues?.find((queue) => Number(queue?.kind) === STICKY && isOurs(queue?.name))?.name ??
    undefined
  );
}

const MOST_LOOKED_AT = 20;

/** Operators, who act through Temporal's own client. */
import { Client, Connection, isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { Operation } from '../evidence.ts';
import type { Random } from '../random.ts';

/** To which task a workflow is reset. */
export type Point = 'its first task' | 'a random task' | 'the task that started a call';

type Done = Pick<Operation, 'run_id' | 'event_id' | 'isUnanswered'>;

export interface Operators {
  /** Undefined: there is nothing to be done, or Temporal did not answer. */
  operate(
    does: Operation['does'],
    workflowId: string,
    chance: Random,
    point?: Point,
  ): Promise<Done | undefined>;
  close(): Promise<void>;
}

/** gRPC status codes. */
const Status = { CANCELLED: 1, DEADLINE_EXCEEDED: 4, UNAVAILABLE: 14 };

/** How long Temporal may take to answer an operator. Milliseconds. */
const DEADLINE_MS = 5_000;

export function createOperators(address: string): Operators {
  const connection = Connection.lazy({ address });
  const client = new Client({ connection });
  const { workflowService } = client;

  async function reset(workflowId: string, chance: Random, point: Point) {
    const handle = client.workflow.getHandle(workflowId);
    const { runId } = await handle.describe();
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const tasks: number[] = [];
    const starts: number[] = [];
    for (const event of events ?? []) {
      if (event.workflowTaskCompletedEventAttributes) tasks.push(Number(event.eventId));
      const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
      if (child) starts.push(Number(child.workflowTaskCompletedEventId));
    }
    const points = point === 'the task that started a call' ? starts : tasks;
    const event_id = point === 'its first task' ? points[0] : oneOf(points, chance);
    if (event_id === undefined) return undefined;
    const answer = await ask(
      workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId, runId },
        reason: 'chaos',
        workflowTaskFinishEventId: event_id as never,
        requestId: `chaos ${workflowId} ${Date.now()}`,
      }),
    );
    return { run_id: runId, event_id, ...answer };
  }

  return {
    async operate(does, workflowId, chance, point = 'a random task') {
      try {
        return await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
          if (does === 'reset') return reset(workflowId, chance, point);
          const handle = client.workflow.getHandle(workflowId);
          const { runId, status } = await handle.describe();
          if (status.name !== 'RUNNING') return undefined;
          const answer = await ask(
            does === 'terminate' ? handle.terminate('chaos') : handle.cancel(),
          );
          return { run_id: runId, ...answer };
        });
      } catch {
        // It is over already, or Temporal is away: nothing was done.
        return undefined;
      }
    },
    close: () => connection.close(),
  };
}

/** What Temporal was asked and has not answered may come true all the same: it is taken for done. */
async function ask(request: Promise<unknown>): Promise<{ isUnanswered?: true }> {
  try {
    await request;
    return {};
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    return { isUnanswered: true };
  }
}

const UNANSWERED = new Set([Status.DEADLINE_EXCEEDED, Status.UNAVAILABLE, Status.CANCELLED]);

function isUnanswered(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) && UNANSWERED.has(cause.code);
}

export const oneOf = <T>(all: T[], chance: Random) =>
  all.length > 0 ? chance.pick(all as [T]) : undefined;

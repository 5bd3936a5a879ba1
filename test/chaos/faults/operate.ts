/** An operator at work: terminates, cancels and resets conversations and calls through Temporal's own client. */
import { Client, Connection, isGrpcServiceError, ServiceError } from '@temporalio/client';
import { callWorkflowId, conversationWorkflowId, DEFAULT_TENANT } from '../../../contract/names.ts';
import type { Operation } from '../evidence.ts';
import { CONDITIONS, STANDSTILLS } from '../moments.ts';
import type { Random } from '../random.ts';
import { openCalls, type Talk } from '../workload.ts';
import type { Fault, Stage } from './fault.ts';

/** To which task a workflow is reset. */
type Point = 'its first task' | 'a random task' | 'the task that started a call';

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

const DONE = { terminate: 'terminated', cancel: 'cancelled', reset: 'reset' } as const;
const nothing = Promise.resolve(undefined);
const WHEN = { random: 10, ...STANDSTILLS, ...CONDITIONS };

export const operations: Fault[] = [
  onConversation('terminate', 3),
  onConversation('cancel', 3),
  onConversation('reset', 3, 'its first task'),
  onConversation('reset', 3, 'a random task'),
  onConversation('reset', 4, 'the task that started a call'),
  onClosed(1),
  onCall('terminate', 4),
  onCall('cancel', 3),
  onCall('reset', 3, 'its first task'),
  onCall('reset', 2, 'a random task'),
];

function onConversation(does: Operation['does'], weight: number, point?: Point): Fault {
  return {
    kind: 'operator',
    name: `conversation: ${DONE[does]}${point ? ` to ${point}` : ''}`,
    weight,
    moments: WHEN,
    inject(stage, chance, scene) {
      const talk = scene.talk ?? oneOf(stage.workload.live(), chance);
      return talk && !talk.isGone ? actOn(stage, chance, talk, { does, point }) : nothing;
    },
  };
}

/** R15: closed is final, whatever an operator does. */
function onClosed(weight: number): Fault {
  return {
    kind: 'operator',
    name: 'closed conversation: reset',
    weight,
    moments: { random: 1 },
    inject(stage, chance) {
      const over = stage.workload.talks.filter(
        ({ follower, isGone }) => follower.isOver && !isGone,
      );
      const talk = oneOf(over, chance);
      return talk ? actOn(stage, chance, talk, { does: 'reset', point: 'a random task' }) : nothing;
    },
  };
}

function onCall(does: Operation['does'], weight: number, point?: Point): Fault {
  return {
    kind: 'operator',
    name: `call: ${DONE[does]}${point ? ` to ${point}` : ''}`,
    weight,
    moments: WHEN,
    inject(stage, chance, scene) {
      const talks = scene.talk ? [scene.talk] : stage.workload.live().filter((t) => !t.isGone);
      const open = talks.flatMap((talk) => running(talk).map((call_id) => ({ talk, call_id })));
      const found = oneOf(open, chance);
      return found
        ? actOn(stage, chance, found.talk, { does, point, call_id: found.call_id })
        : nothing;
    },
  };
}

interface Act {
  does: Operation['does'];
  point?: Point;
  call_id?: string;
}

async function actOn({ operators }: Stage, chance: Random, talk: Talk, act: Act) {
  const { does, point, call_id } = act;
  const workflowId = call_id
    ? callWorkflowId(DEFAULT_TENANT, call_id)
    : conversationWorkflowId({ tenant: DEFAULT_TENANT, id: talk.id });
  // Its user may be told at once that it is gone.
  talk.isTouched = true;
  const done = await operators.operate(does, workflowId, chance, point);
  if (!done) return undefined;
  if (!call_id && does !== 'reset') talk.goes();
  const operation = { does, conversation: talk.id, ...(call_id && { call_id }), ...done };
  return { operation };
}

/** Calls that have a workflow. */
function running({ follower: { entries } }: Talk): string[] {
  const started = new Set(
    entries.flatMap((entry) => (entry.kind === 'call.started' ? [entry.call_id] : [])),
  );
  return openCalls(entries).filter((id) => started.has(id));
}

const oneOf = <T>(all: T[], chance: Random) =>
  all.length > 0 ? chance.pick(all as [T]) : undefined;

/** Of gRPC. */
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

/** Asks Temporal about the activity of a call, and reports to it, without an attempt at it. */
import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  type Client,
} from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { callWorkflowId } from '../../contract/names.ts';
import type { CallEnd } from '../../contract/signals.ts';
import type { CallName } from './holder.ts';

/**
 * `heard`: an attempt has received it. `due`: no attempt is running at the moment, but Temporal is about to start one. `unheard`: no
 * attempt is running or scheduled at the moment. `gone`: there will be none, since the call's workflow has ended.
 */
export type Delivery = 'heard' | 'due' | 'unheard' | 'gone';

/** Every method rejects while the server is unreachable. */
export interface CallServer {
  /** The state of the attempt with this token. Counts as its heartbeat. `cancelled`: it is current, and has to end. */
  stateOf(token: Uint8Array, details: unknown): Promise<'current' | 'cancelled' | 'not_current'>;
  /** The details of the last heartbeat, no matter which process sent it. */
  lastBeat(call: CallName): Promise<unknown>;
  /** Sends a heartbeat for the attempt that is running. */
  beat(call: CallName, activityId: string, details: unknown): Promise<Delivery | 'cancelled'>;
  complete(call: CallName, activityId: string, end: CallEnd): Promise<Delivery>;
  reportCancelled(call: CallName, activityId: string): Promise<Delivery>;
}

export function createCallServer(
  client: Pick<Client, 'activity' | 'workflow' | 'withDeadline' | 'options'>,
): CallServer {
  const soon = <T>(ask: () => Promise<T>) => client.withDeadline(Date.now() + DEADLINE_MS, ask);

  async function pending(workflowId: string) {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe();
    const found = raw.pendingActivities?.find(({ activityType }) => activityType?.name === TYPE);
    return { isRunning: status.name === 'RUNNING', found };
  }

  /** @param activityId the last one known: a reset may have changed it */
  async function byId(
    { tenant, call_id }: CallName,
    activityId: string,
    act: (id: { workflowId: string; activityId: string }) => Promise<void>,
  ): Promise<Delivery> {
    const workflowId = callWorkflowId(tenant, call_id);
    try {
      await act({ workflowId, activityId });
      return 'heard';
    } catch (error) {
      if (!(error instanceof ActivityNotFoundError)) throw error;
    }
    try {
      const { isRunning, found } = await pending(workflowId);
      if (!isRunning) return 'gone';
      if (!found?.activityId) return 'unheard';
      if (found.activityId === activityId) return 'due';
      await act({ workflowId, activityId: found.activityId });
      return 'heard';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'gone';
      if (error instanceof ActivityNotFoundError) return 'due';
      throw error;
    }
  }

  return {
    stateOf: (token, details) =>
      soon(() => client.activity.heartbeat(token, details)).then(
        () => 'current',
        (error: unknown) => {
          if (error instanceof ActivityNotFoundError) return 'not_current';
          if (error instanceof ActivityCancelledError) return 'cancelled';
          if (isAnswer(error)) return 'current';
          throw error;
        },
      ),
    lastBeat: ({ tenant, call_id }) =>
      soon(async () => {
        const { found } = await pending(callWorkflowId(tenant, call_id));
        const payload = found?.heartbeatDetails?.payloads?.[0];
        return payload && client.options.loadedDataConverter.payloadConverter.fromPayload(payload);
      }).catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }),
    async beat(call, activityId, details) {
      let isCancelled = false;
      const heard = await soon(() =>
        byId(call, activityId, (id) =>
          client.activity.heartbeat(id, details).catch((error: unknown) => {
            if (!isAnswer(error)) throw error;
            isCancelled = error instanceof ActivityCancelledError;
          }),
        ),
      );
      return isCancelled ? 'cancelled' : heard;
    },
    complete: (call, activityId, end) =>
      soon(() => byId(call, activityId, (id) => client.activity.complete(id, end))),
    reportCancelled: (call, activityId) =>
      soon(() => byId(call, activityId, (id) => client.activity.reportCancellation(id))),
  };
}

/** Errors with which Temporal has accepted the heartbeat. */
const isAnswer = (error: unknown) =>
  error instanceof ActivityCancelledError ||
  error instanceof ActivityPausedError ||
  error instanceof ActivityResetError;

const TYPE = 'runTool';
const DEADLINE_MS = 3_000;

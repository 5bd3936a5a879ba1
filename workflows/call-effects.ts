/** Starts, cancels, answers and looks up the calls of a conversation. Each call is a workflow of its own. */
import {
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  patched,
  proxyActivities,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities } from '../activities/index.ts';
import type { Reset } from '../contract/batch.ts';
import type { CallStart } from '../contract/call.ts';
import {
  CALL_SIGNALS,
  callWorkflowId,
  type ConversationKey,
  settleCallWorkflowId,
} from '../contract/names.ts';
import type { GivenAnswer } from '../contract/question.ts';
import type { CallEnd, CallWorkflowState } from '../contract/signals.ts';
import type { Effect, Untimed } from '../conversation/event.ts';
import type { CallWorkflow } from './arguments.ts';
import { endOf, failureOf } from './failure.ts';
import type { settleCall } from './settle.ts';

/** Patches: histories from before these changes continue as they did. */
const FOUND_AGAIN = 'a call that was started before is found again';
const WATCHED = 'the end of a call is watched';

const CALL_LOST = {
  type: 'CallLost',
  message: 'The call was started before the conversation was reset, and cannot be found.',
};

const { findCall } = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '3s' },
});

type StartCall = Effect & { kind: 'start_call' };

export interface CallEffects {
  /** Resolves when Temporal has confirmed the start, or the call turned out to have been started before. */
  start(this: void, effect: StartCall, reset?: Reset): Promise<void>;
  cancel(this: void, callId: string): Promise<void>;
  /** Stops what the call has begun: its workflow starts, is cancelled, and cleans up. */
  stopBegun(this: void, call: StartCall['call']): Promise<void>;
  /** Passes a person's answer on to the call. */
  answer(this: void, callId: string, answer: GivenAnswer): Promise<void>;
  /** Looks up a call that should have been started. If it has ended, or cannot be found, its end is enqueued. */
  check(this: void, callId: string): Promise<void>;
}

export function createCallEffects(
  conversation: ConversationKey,
  {
    enqueue,
    isStillRunning,
    track,
  }: {
    enqueue: (event: Untimed) => void;
    isStillRunning: (callId: string) => boolean;
    /** For work that would be lost with this run. */
    track: (work: Promise<void>) => void;
  },
): CallEffects {
  /** Calls whose start Temporal has not confirmed yet. */
  const starting = new Map<string, Promise<void>>();

  async function begin(
    { call: request, perhaps_started }: StartCall,
    reset?: Reset,
  ): Promise<void> {
    const { call_id, tool } = request;
    // A run before an operator's reset may have started it, and Temporal may end a running child when it is started again.
    if ((perhaps_started || reset) && (await lookUp(call_id)) !== 'unknown') return;
    try {
      const child = await startChild<CallWorkflow>('call', {
        args: [{ ...request, conversation }],
        workflowId: callWorkflowId(conversation.tenant, call_id),
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowTaskTimeout: '5s',
        staticSummary: `${tool} for ${conversation.id}`,
      });
      const runId = child.firstExecutionRunId;
      void watch({ ...request, conversation }, runId, child.result());
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError && patched(FOUND_AGAIN)) {
        if ((await lookUp(call_id)) !== 'unknown') return;
      }
      enqueue({ type: 'call_ended', call_id, end: { type: 'failed', error: failureOf(error) } });
    }
  }

  /** Looks up a call that was started before. A running call reports its end itself; the end of an ended one is enqueued here. */
  async function lookUp(callId: string): Promise<CallWorkflowState['state']> {
    const { tenant } = conversation;
    const found = await findCall.executeWithOptions({ summary: callId }, [{ tenant, callId }]);
    if (found.state === 'ended') enqueue({ type: 'call_ended', call_id: callId, end: found.end });
    return found.state;
  }

  async function check(callId: string): Promise<void> {
    if (starting.has(callId) || (await lookUp(callId)) !== 'unknown') return;
    enqueue({ type: 'call_ended', call_id: callId, end: { type: 'failed', error: CALL_LOST } });
  }

  /** A call signals its end before its workflow ends. If no signal comes, an operator has ended the workflow. */
  async function watch(ended: CallStart, runId: string, result: Promise<CallEnd>): Promise<void> {
    const { call_id } = ended;
    const outcome = await result.then(
      (end) => ({ end, isGone: false }),
      (error: unknown) => ({ end: endOf(error), isGone: true }),
    );
    if (!isStillRunning(call_id) || !patched(WATCHED)) return;
    enqueue({ type: 'call_ended', call_id, end: outcome.end });
    if (outcome.isGone) track(tidyUp(ended, runId));
  }

  /** Does what the ended workflow no longer can: its program may still run, and its slot may still be taken. */
  async function tidyUp(ended: CallStart, runId: string): Promise<void> {
    try {
      await startChild<typeof settleCall>('settleCall', {
        args: [ended],
        workflowId: settleCallWorkflowId(conversation.tenant, ended.call_id, runId),
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowTaskTimeout: '5s',
      });
    } catch {
      // A worker that looks for such calls has started it already.
    }
  }

  async function cancel(callId: string): Promise<void> {
    // Temporal refuses a task that both starts and cancels a workflow, on every attempt.
    if (starting.has(callId)) await starting.get(callId);
    try {
      await getExternalWorkflowHandle(callWorkflowId(conversation.tenant, callId)).cancel();
    } catch (error) {
      // The call is over already.
      if (isCancellation(error)) throw error;
    }
  }

  async function passOn(callId: string, answer: GivenAnswer): Promise<void> {
    if (starting.has(callId)) await starting.get(callId);
    try {
      const handle = getExternalWorkflowHandle(callWorkflowId(conversation.tenant, callId));
      await handle.signal<[GivenAnswer]>(CALL_SIGNALS.answer, answer);
    } catch (error) {
      // The call is over, and needs no answer.
      if (isCancellation(error)) throw error;
    }
  }

  function start(effect: StartCall, reset?: Reset): Promise<void> {
    const { call_id } = effect.call;
    const begun = begin(effect, reset).finally(() => starting.delete(call_id));
    starting.set(call_id, begun);
    return begun;
  }

  async function stopBegun(stopped: StartCall['call']): Promise<void> {
    await start({ kind: 'start_call', call: stopped });
    await cancel(stopped.call_id);
  }

  return {
    start,
    cancel,
    stopBegun,
    answer: passOn,
    check,
  };
}

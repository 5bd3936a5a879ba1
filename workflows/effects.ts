/** Carries out the effects that the rules ask for. Nothing here decides; results come back as events. */
import {
  ActivityCancellationType,
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  startChild,
  patched,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities } from '../activities/index.ts';
import type { Batch, Reset, BatchOutcome } from '../contract/batch.ts';
import { CALL_SIGNALS, callWorkflowId, settleCallWorkflowId } from '../contract/names.ts';
import { believe, replyResult, summaryResult } from '../contract/believe.ts';
import type { CallEnd, CallWorkflowState, ConversationStart } from '../contract/signals.ts';
import type { CallStart } from '../contract/call.ts';
import type { Effect, Untimed } from '../conversation/event.ts';
import type { GivenAnswer } from '../contract/question.ts';
import type { Call } from '../conversation/state.ts';
import type { CallWorkflow } from './arguments.ts';
import { forErrands } from './queues.ts';
import { costOf, endOf, failureOf, invalidResult, limitOf, tooLongOf } from './failure.ts';
import type { settleCall } from './settle.ts';

/** Patches: histories from before these changes continue as they did. */
const FOUND_AGAIN = 'a call that was started before is found again';
const WATCHED = 'the end of a call is watched';

const CALL_LOST = {
  type: 'CallLost',
  message: 'The call was started before the conversation was reset, and cannot be found.',
};

export interface Effects {
  /** @param written what the write of the accompanying entries returned; `riding`: what the reply that is started has to write */
  perform(this: void, effect: Effect, written?: BatchOutcome & { riding?: Batch }): void;
  /** Resolves when all running calls have been sent a cancellation. */
  cancelCalls(calls: Call[]): Promise<void>;
  /** Number of operations under way that would be lost with this run, once the effects `next` are carried out. */
  pendingAfter(next: Effect[]): number;
}

const HEARTBEAT_TIMEOUT = '5s';

/** A harness may be away for the night. */
const PUSHING = {
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
} as const;

const { findCall } = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '3s' },
});

/**
 * The activity counts the model's attempts (activities/reply/attempts.ts), and also says how long to wait after one that failed. The
 * retry intervals here apply after a lost worker.
 */
const { generateReply, summarise } = proxyActivities<Activities>({
  startToCloseTimeout: '15m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '2500ms' },
});

export function createEffects(
  { conversation, agent, limits, pushes }: ConversationStart,
  enqueue: (event: Untimed) => void,
  {
    isWritten,
    isStillRunning,
  }: { isWritten: (batch: Batch) => void; isStillRunning: (callId: string) => boolean },
): Effects {
  const underWay = new Set<Promise<void>>();
  const replies = new Map<string, CancellationScope>();
  /** Calls whose start Temporal has not confirmed yet. */
  const starting = new Map<string, Promise<void>>();
  /** The scope of the summary being made. */
  let summing: CancellationScope | undefined;

  function track(work: Promise<void>): void {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  async function reply(
    { request, reason }: Effect & { kind: 'start_reply' },
    batch?: Batch,
  ): Promise<void> {
    const { reply_id } = request;
    const scope = new CancellationScope();
    replies.set(reply_id, scope);
    try {
      const result = await scope.run(() =>
        generateReply.executeWithOptions({ summary: reason }, [
          {
            ...request,
            conversation,
            agent,
            attempts: limits.model_attempts,
            ...(batch && { batch }),
          },
        ]),
      );
      // A failure may have come first: then the next write includes the batch again, which does no harm.
      if (batch) isWritten(batch);
      const { reset, ...said } = result;
      if (reset) enqueue({ type: 'reset', ...reset });
      const { why } = believe(replyResult, said);
      if (why !== undefined) throw invalidResult(why);
      enqueue({ type: 'reply_completed', reply_id, result: said });
    } catch (error) {
      // The rules stopped it themselves and have continued already.
      if (scope.consideredCancelled) return;
      const limit = limitOf(error);
      const usage = costOf(error);
      const too_long = tooLongOf(error);
      enqueue({
        type: 'reply_failed',
        reply_id,
        error: failureOf(error),
        ...(limit && { limit }),
        ...(usage && { usage }),
        ...(too_long && { too_long }),
      });
    } finally {
      replies.delete(reply_id);
    }
  }

  async function sumUp({ range }: Effect & { kind: 'summarise' }): Promise<void> {
    const { from, to } = range;
    const scope = new CancellationScope();
    summing = scope;
    try {
      const result = await scope.run(() =>
        summarise.executeWithOptions({ summary: `entries ${from} to ${to}` }, [
          {
            ...range,
            conversation,
            agent,
            attempts: limits.model_attempts,
            context_tokens: range.most_tokens ?? limits.context_tokens!,
          },
        ]),
      );
      const { why } = believe(summaryResult, result);
      if (why !== undefined) throw invalidResult(why);
      enqueue({ type: 'summary_completed', to, result });
    } catch (error) {
      if (scope.consideredCancelled) return;
      enqueue({ type: 'summary_failed', to, error: failureOf(error) });
    } finally {
      if (summing === scope) summing = undefined;
    }
  }

  async function begin(
    { call: request, perhaps_started }: Effect & { kind: 'start_call' },
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

  /** Looks up a call that was started before. A running call reports its end itself; the end of an ended one is heard here. */
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
      // A worker that looks for such calls has found it too.
    }
  }

  /** Not tracked: it may try for hours, and the next run pushes again what this one could not. */
  async function push({ news }: Effect & { kind: 'push_news' }): Promise<void> {
    let delivered: number[] = [];
    try {
      const { pushNews } = proxyActivities<Activities>({ ...forErrands(), ...PUSHING });
      const summary = `news ${news.map(({ seq }) => seq).join(', ')} for ${pushes!.harness}`;
      delivered = await pushNews.executeWithOptions({ summary }, [
        { ...pushes!, conversation, news },
      ]);
    } catch {
      // Nothing is lost: the harness asks, or hears of it at its next turn.
    }
    enqueue({ type: 'news_pushed', delivered });
  }

  async function cancel(callId: string): Promise<void> {
    // Temporal refuses a task that both starts and cancels a workflow, on every attempt.
    if (starting.has(callId)) await starting.get(callId);
    try {
      await getExternalWorkflowHandle(callWorkflowId(conversation.tenant, callId)).cancel();
    } catch (error) {
      // The call is over already, which is what was wanted.
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

  return {
    perform(effect, written) {
      switch (effect.kind) {
        case 'start_reply':
          return track(reply(effect, written?.riding));
        case 'stop_reply':
          return replies.get(effect.reply_id)?.cancel();
        case 'summarise':
          return track(sumUp(effect));
        case 'stop_summary':
          return summing?.cancel();
        case 'start_call': {
          const { call_id } = effect.call;
          const begun = begin(effect, written?.reset).finally(() => starting.delete(call_id));
          starting.set(call_id, begun);
          return track(begun);
        }
        case 'cancel_call':
          return track(cancel(effect.call_id));
        case 'answer_call':
          return track(passOn(effect.call_id, effect.answer));
        case 'push_news':
          return void push(effect);
        case 'look_up_call':
          return track(check(effect.call_id));
      }
    },
    async cancelCalls(calls) {
      const running = calls.filter(({ status }) => status === 'running');
      await Promise.all(running.map(({ id }) => cancel(id)));
    },
    pendingAfter(next) {
      const stopped = next.filter(
        (e) =>
          (e.kind === 'stop_reply' && replies.has(e.reply_id)) ||
          (e.kind === 'stop_summary' && summing),
      );
      return underWay.size - stopped.length;
    },
  };
}

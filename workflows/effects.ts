/** Carries out what the rules ask for. Nothing here decides; results come back as events. */
import {
  ActivityCancellationType,
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  startChild,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Batch } from '../contract/batch.ts';
import { callWorkflowId } from '../contract/names.ts';
import type { ConversationStart } from '../contract/signals.ts';
import type { Effect, Untimed } from '../conversation/event.ts';
import type { call } from './call.ts';
import { failureOf, limitOf } from './failure.ts';

export interface Effects {
  /** @param riding what the reply that is started has to write */
  perform(this: void, effect: Effect, riding?: Batch): void;
  /** How many are under way that would be lost with this run, were these the next ones. */
  pendingAfter(next: Effect[]): number;
}

const HEARTBEAT_TIMEOUT = '5s';

/**
 * The model's attempts are counted by the activity (activities/attempts.ts), which also says how long to wait after one that failed. The
 * pauses here are those after a lost worker.
 */
const { generateReply, summarise } = proxyActivities<Activities>({
  startToCloseTimeout: '15m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '2500ms' },
});

export function createEffects(
  { conversation, agent, limits }: ConversationStart,
  hear: (event: Untimed) => void,
  isWritten: (batch: Batch) => void,
): Effects {
  const underWay = new Set<Promise<void>>();
  const replies = new Map<string, CancellationScope>();
  /** Calls of which Temporal has not said yet that they have started. */
  const starting = new Map<string, Promise<void>>();
  /** The one that is being made. */
  let summing: CancellationScope | undefined;

  function track(work: Promise<void>): void {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  async function reply(
    { request, reason }: Effect & { type: 'start_reply' },
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
      // A failure may have come before: then the next write brings it again, which does no harm.
      if (batch) isWritten(batch);
      hear({ type: 'reply_completed', reply_id, result });
    } catch (error) {
      // The rules stopped it themselves and have gone on already.
      if (scope.consideredCancelled) return;
      const limit = limitOf(error);
      hear({ type: 'reply_failed', reply_id, error: failureOf(error), ...(limit && { limit }) });
    } finally {
      replies.delete(reply_id);
    }
  }

  async function sumUp({ range }: Effect & { type: 'summarise' }): Promise<void> {
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
            context_tokens: limits.context_tokens!,
          },
        ]),
      );
      hear({ type: 'summary_completed', to, result });
    } catch (error) {
      if (scope.consideredCancelled) return;
      hear({ type: 'summary_failed', to, error: failureOf(error) });
    } finally {
      if (summing === scope) summing = undefined;
    }
  }

  async function begin({ call: request }: Effect & { type: 'start_call' }): Promise<void> {
    const { call_id, tool } = request;
    try {
      await startChild<typeof call>('call', {
        args: [{ ...request, conversation }],
        workflowId: callWorkflowId(conversation.tenant, call_id),
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowTaskTimeout: '5s',
        staticSummary: `${tool} for ${conversation.id}`,
      });
    } catch (error) {
      hear({ type: 'call_ended', call_id, end: { type: 'failed', error: failureOf(error) } });
    }
  }

  async function cancel(callId: string): Promise<void> {
    // Temporal refuses a task that starts a workflow and cancels it, each time that it is done again.
    if (starting.has(callId)) await starting.get(callId);
    try {
      await getExternalWorkflowHandle(callWorkflowId(conversation.tenant, callId)).cancel();
    } catch (error) {
      // It is over already, which is what was wanted.
      if (isCancellation(error)) throw error;
    }
  }

  return {
    perform(effect, riding) {
      switch (effect.type) {
        case 'start_reply':
          return track(reply(effect, riding));
        case 'stop_reply':
          return replies.get(effect.reply_id)?.cancel();
        case 'summarise':
          return track(sumUp(effect));
        case 'stop_summary':
          return summing?.cancel();
        case 'start_call': {
          const { call_id } = effect.call;
          const begun = begin(effect).finally(() => starting.delete(call_id));
          starting.set(call_id, begun);
          return track(begun);
        }
        case 'cancel_call':
          return track(cancel(effect.call_id));
      }
    },
    pendingAfter(next) {
      const stopped = next.filter(
        (e) =>
          (e.type === 'stop_reply' && replies.has(e.reply_id)) ||
          (e.type === 'stop_summary' && summing),
      );
      return underWay.size - stopped.length;
    },
  };
}

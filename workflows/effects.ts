/** Carries out the effects that the rules ask for. Nothing here decides; results come back as events. */
import {
  ActivityCancellationType,
  CancellationScope,
  patched,
  proxyActivities,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { validate, replyResult, summaryResult } from '../contract/untrusted.ts';
import type { Batch, BatchOutcome } from '../contract/batch.ts';
import type { ConversationStart } from '../contract/signals.ts';
import type { Effect, Untimed } from '../conversation/event.ts';
import type { Call } from '../conversation/state.ts';
import { createCallEffects } from './call-effects.ts';
import { costOf, failureOf, invalidResult, limitOf, tooLongOf } from './failure.ts';
import { forErrands } from './queues.ts';

export interface Effects {
  /** @param written what the write of the accompanying entries returned; `riding`: what the reply that is started has to write */
  perform(this: void, effect: Effect, written?: BatchOutcome & { riding?: Batch }): void;
  /** Resolves when all running calls have been sent a cancellation. */
  cancelCalls(open: Call[]): Promise<void>;
  /** Number of operations under way that would be lost with this run, once the effects `next` are carried out. */
  pendingAfter(next: Effect[]): number;
}

/** Patch: histories from before this change leave such a call to its own end. */
const STOPS_BEGUN = 'a begun call that is over is stopped';

const HEARTBEAT_TIMEOUT = '5s';

/** A harness may be offline for a night. */
const PUSHING = {
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
} as const;

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
  /** The scope of the summary being made. */
  let summing: CancellationScope | undefined;

  function track(work: Promise<void>): void {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  const calls = createCallEffects(conversation, { enqueue, isStillRunning, track });

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
      const { why } = validate(replyResult, said);
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
      const { why } = validate(summaryResult, result);
      if (why !== undefined) throw invalidResult(why);
      enqueue({ type: 'summary_completed', to, result });
    } catch (error) {
      if (scope.consideredCancelled) return;
      enqueue({ type: 'summary_failed', to, error: failureOf(error) });
    } finally {
      if (summing === scope) summing = undefined;
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
      // Nothing is lost: the harness gets the news when it asks, or at its next turn.
    }
    enqueue({ type: 'news_pushed', delivered });
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
        case 'start_call':
          return track(calls.start(effect, written?.reset));
        case 'cancel_call':
          return track(calls.cancel(effect.call_id));
        case 'stop_begun':
          return patched(STOPS_BEGUN) ? track(calls.stopBegun(effect.call)) : undefined;
        case 'answer_call':
          return track(calls.answer(effect.call_id, effect.answer));
        case 'push_news':
          return void push(effect);
        case 'look_up_call':
          return track(calls.check(effect.call_id));
      }
    },
    async cancelCalls(open) {
      const running = open.filter(({ status }) => status === 'running');
      await Promise.all(running.map(({ id }) => calls.cancel(id)));
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

/** The activities of a worker in tests: the model, tools and pushes wait for the test to play them; all else is real. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import type { Activities } from '../../activities/index.ts';
import { createReleaseSlot, createTakeSlot } from '../../activities/call/take-slot.ts';
import {
  createRecord,
  createRecordCommitted,
  recordWithReply,
} from '../../activities/log/record.ts';
import { createCloseGone, createFindCall } from '../../activities/log/settle.ts';
import { withHeartbeat } from '../../activities/reply/heartbeat.ts';
import type { CallStart, RequestedCall } from '../../contract/call.ts';
import { callWorkflowId, conversationWorkflowId, SIGNALS } from '../../contract/names.ts';
import type { ReplyRequest, SummaryRequest, SummaryResult } from '../../contract/reply.ts';
import type { CallEnd, CallEventSignal, NewsPush } from '../../contract/signals.ts';
import type { Store } from '../../store/store.ts';
import type { Bus } from '../../stream/bus.ts';
import { runsOf } from '../../worker/runs.ts';
import { isWorkflowRunning } from '../../worker/workflow-running.ts';
import { createMailbox } from './mailbox.ts';

export interface AskedReply {
  request: ReplyRequest;
  says(text: string, ...calls: RequestedCall[]): void;
  /** With this count of the window's tokens. */
  counts(tokens: number, text: string): void;
  fails(error: Error): void;
}

export interface AskedSummary {
  request: SummaryRequest;
  says(text: string): void;
  fails(error: Error): void;
}

interface PushUnderWay {
  push: NewsPush;
  /** With the seqs of what the harness has taken. */
  isTaken(delivered: number[]): void;
}

export interface RunningTool {
  start: CallStart;
  tells(event: Partial<CallEventSignal> & { n: number }): Promise<void>;
  ends(end: CallEnd): void;
  /** Resolves when it has been cancelled. */
  cancelled: Promise<void>;
}

export function playActivities({ client, store, bus }: { client: Client; store: Store; bus: Bus }) {
  const runs = runsOf(client);
  const replies = createMailbox<AskedReply>('the model is asked');
  const summaries = createMailbox<AskedSummary>('a summary is asked for');
  const tools = createMailbox<RunningTool>('a tool is run');
  const pushes = createMailbox<PushUnderWay>('news is pushed');

  const activities: Activities = {
    record: createRecord({ store, bus }),
    recordCommitted: createRecordCommitted({ store, bus, ...runs }),
    findCall: createFindCall(client),
    closeGone: createCloseGone({ client, store, bus }),
    pushNews: (push) => {
      const { promise, resolve } = Promise.withResolvers<number[]>();
      pushes.put({ push, isTaken: resolve });
      return promise;
    },
    describeTool: async () => ({ kind: 'local', timeout_ms: 60_000, restart: 'resume' }),
    generateReply: (request) =>
      withHeartbeat(async () => {
        const { batch } = request;
        const written = batch && (await recordWithReply({ store, bus, ...runs }, batch));
        if (batch && !written) {
          throw ApplicationFailure.nonRetryable('No longer wanted.', 'ReplyStopped');
        }
        const reset = written?.reset;
        const more = reset ? { reset } : {};
        const { promise, resolve, reject } =
          Promise.withResolvers<Awaited<ReturnType<Activities['generateReply']>>>();
        const usage = { input_tokens: 1, output_tokens: 1 };
        Context.current().cancelled.catch(reject);
        replies.put({
          request,
          says: (text, ...calls) => resolve({ text, calls, usage, ...more }),
          counts: (tokens, text) => resolve({ text, calls: [], usage, tokens, ...more }),
          fails: reject,
        });
        return promise;
      }, 100),
    summarise: (request) =>
      withHeartbeat(() => {
        const { promise, resolve, reject } = Promise.withResolvers<SummaryResult>();
        const usage = { input_tokens: 2, output_tokens: 1 };
        Context.current().cancelled.catch(reject);
        summaries.put({ request, says: (text) => resolve({ text, usage }), fails: reject });
        return promise;
      }, 100),
    takeSlot: createTakeSlot({
      store,
      bus,
      isCallRunning: (tenant, callId) => isWorkflowRunning(client, callWorkflowId(tenant, callId)),
    }),
    releaseSlot: createReleaseSlot({ store }),
    announceCall: unplayed,
    withdrawCall: unplayed,
    stopProgram: unplayed,
    runTool: (start) =>
      withHeartbeat(() => {
        const { promise, resolve, reject } = Promise.withResolvers<CallEnd>();
        const { cancelled } = Context.current();
        cancelled.catch(reject);
        tools.put({
          start,
          tells: (event) =>
            client.workflow
              .getHandle(conversationWorkflowId(start.conversation))
              .signal(SIGNALS.callEvent, {
                call_id: start.call_id,
                event: 'progress',
                schedule: 'when_idle',
                ...event,
              }),
          ends: resolve,
          cancelled: cancelled.catch(() => {}),
        });
        return promise;
      }, 100),
  };

  return {
    activities,
    /** The next reply that the model is asked for. */
    asked: replies.take,
    /** The next summary that the model is asked for. */
    askedSummary: summaries.take,
    /** The next tool that is run. */
    running: tools.take,
    /** The next push into a harness. */
    pushed: pushes.take,
  };
}

/** Stands in for the activities of remote tools. A test with remote tools brings its own. */
const unplayed = async () => {
  throw ApplicationFailure.nonRetryable('No remote tool is played here.', 'Unplayed');
};

/** A worker on a real Temporal server whose model and tools are played by the test. */
import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, type Duration } from '@temporalio/common';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Activities } from '../../activities/index.ts';
import { withHeartbeat } from '../../activities/reply/heartbeat.ts';
import {
  createRecord,
  createRecordCommitted,
  recordWithReply,
} from '../../activities/log/record.ts';
import { createCloseGone, createFindCall } from '../../activities/log/settle.ts';
import { createReleaseSlot, createTakeSlot } from '../../activities/call/take-slot.ts';
import type { Failure } from '../../contract/entry.ts';
import type { Limits } from '../../contract/limits.ts';
import { callWorkflowId, conversationWorkflowId, SIGNALS, UPDATES } from '../../contract/names.ts';
import type {
  CallEnd,
  CallEventSignal,
  ConversationStart,
  AnswerCall,
  DecideCall,
  NewsPush,
} from '../../contract/signals.ts';
import type { CallStart, RequestedCall } from '../../contract/call.ts';
import type { ReplyRequest, SummaryRequest, SummaryResult } from '../../contract/reply.ts';
import type { Store } from '../../store/store.ts';
import { createLocalBus } from '../../stream/bus.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { isWorkflowRunning } from '../../worker/workflow-running.ts';
import { createResetNotices } from '../../worker/notice-resets.ts';
import { runsOf } from '../../worker/runs.ts';
import { installRuntime } from '../../worker/runtime.ts';
import { createWorkers, type Workers, type WorkLimits } from '../../worker/workers.ts';
import { type GoneWatch, watchForGone } from '../../worker/watch-for-gone.ts';
import { createMailbox } from './mailbox.ts';
import { createMemoryStore } from './memory-store.ts';
import { LIMITS } from './story.ts';

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

/** How many entries of a kind there are, in the kinds of a log. */
export const count = (kinds: string[], kind: string) => kinds.filter((k) => k === kind).length;

export type Rig = Awaited<ReturnType<typeof createRig>>;

/** @param address host:port of the Temporal server */
export async function createRig(
  address: string,
  {
    store = createMemoryStore(),
    taskQueue = `test-${randomUUID()}`,
  }: { store?: Store; taskQueue?: string } = {},
) {
  installRuntime('ERROR');
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const bus = createLocalBus();
  const replies = createMailbox<AskedReply>('the model is asked');
  const summaries = createMailbox<AskedSummary>('a summary is asked for');
  const tools = createMailbox<RunningTool>('a tool is run');
  const pushes = createMailbox<PushUnderWay>('news is pushed');
  const all: { workers: Workers; running: Promise<void> }[] = [];

  const runs = runsOf(client);
  const resets = createResetNotices({ client, store, warn: () => {} });
  const watches: GoneWatch[] = [];

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
        const written = batch ? await recordWithReply({ store, bus, ...runs }, batch) : {};
        if (!written) throw ApplicationFailure.nonRetryable('No longer wanted.', 'ReplyStopped');
        const { reset } = written;
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

  async function startWorker(
    overrides: Partial<Activities> = {},
    limits: Partial<WorkLimits> = {},
  ): Promise<Workers> {
    const options = {
      connection: native,
      taskQueue,
      workflowBundle: await workflowBundle('node_modules/.cache/meanwhile'),
      activities: { ...activities, ...overrides },
      sinks: resets.sinks,
      stickyQueueScheduleToStartTimeout: '500ms',
      maxHeartbeatThrottleInterval: '100ms',
      defaultHeartbeatThrottleInterval: '100ms',
    } as const;
    const workers = await createWorkers(options, {
      replies: 100,
      tools: 100,
      errands: 100,
      ...limits,
    });
    all.push({ workers, running: workers.run() });
    return workers;
  }

  return {
    address,
    taskQueue,
    client,
    store,
    bus,
    activities,
    startWorker,
    failure: (message: string) => ApplicationFailure.nonRetryable(message, 'ModelUnavailable'),
    /** The next reply that the model is asked for. */
    asked: replies.take,
    /** The next summary that the model is asked for. */
    askedSummary: summaries.take,
    /** The next tool that is run. */
    running: tools.take,
    /** The next push into a harness. */
    pushed: pushes.take,
    async converse(
      limits: Partial<Limits> = {},
      {
        workflowTaskTimeout = '10s',
        replies,
        pushes: target,
      }: {
        workflowTaskTimeout?: Duration;
        replies?: 'external';
        pushes?: ConversationStart['pushes'];
      } = {},
    ) {
      const key = { tenant: 'default', id: `conv_${randomUUID()}` };
      const start: ConversationStart = {
        conversation: key,
        agent: 'default',
        limits: { ...LIMITS, settle_ms: 0, quiet_ms: 20, grace_ms: 50, ...limits },
        ...(replies && { replies }),
        ...(target && { pushes: target }),
      };
      const handle = await client.workflow.start('conversation', {
        taskQueue,
        workflowId: conversationWorkflowId(key),
        workflowTaskTimeout,
        args: [start],
      });
      const signal = (name: string) => (payload: object) =>
        client.workflow.getHandle(handle.workflowId).signal(name, payload);
      const say = signal(SIGNALS.message);
      return {
        key,
        handle,
        say: (text: string, more: object = {}) =>
          say({ message_id: `msg_${randomUUID()}`, text, ...more }),
        interrupt: signal(SIGNALS.interrupt),
        cancel: signal(SIGNALS.cancelCall),
        close: signal(SIGNALS.close),
        request: signal(SIGNALS.requestCall),
        record: signal(SIGNALS.recordCalls),
        deliver: signal(SIGNALS.deliver),
        acknowledge: signal(SIGNALS.acknowledge),
        decide: (decision: DecideCall) =>
          client.workflow
            .getHandle(handle.workflowId)
            .executeUpdate<void, [DecideCall]>(UPDATES.decideCall, { args: [decision] }),
        answer: (answer: AnswerCall) =>
          client.workflow
            .getHandle(handle.workflowId)
            .executeUpdate<void, [AnswerCall]>(UPDATES.answerCall, { args: [answer] }),
        /** The log, once it has what the probe looks for. */
        async until(what: string, probe: (kinds: string[]) => boolean, after = 0) {
          const found = createMailbox<void>(what);
          const look = async () => {
            const page = await store.entries(key, { after, limit: 10_000 });
            if (page && probe(page.entries.map(({ kind }) => kind))) found.put();
          };
          const unsubscribe = bus.subscribe(key, () => void look());
          await look();
          await found.take().catch(async (error: Error) => {
            const page = await store.entries(key, { after: 0, limit: 10_000 });
            const log = page?.entries.map((entry) => JSON.stringify(entry)).join('\n');
            throw new Error(`${error.message} The log:\n${log}`);
          });
          unsubscribe();
          return (await store.entries(key, { after: 0, limit: 10_000 }))!.entries;
        },
      };
    },
    /** Looks for what an operator has ended, as a service does. */
    watchForGone() {
      watches.push(watchForGone({ client, store, taskQueue, every_ms: 300 }));
    },
    async close() {
      for (const watch of watches) await watch.close();
      await resets.close();
      for (const { workers } of all) workers.shutdown();
      await Promise.allSettled(all.map(({ running }) => running));
      await connection.close();
      await native.close();
    },
  };
}

/** Stands in for the activities of remote tools. A test with remote tools brings its own. */
const unplayed = async () => {
  throw ApplicationFailure.nonRetryable('No remote tool is played here.', 'Unplayed');
};

/** For calls that a scripted model asks for. */
export function asks(tool: string, input: unknown = {}, problem?: Failure): RequestedCall {
  const call_id = `call_${randomUUID().slice(0, 8)}`;
  return { call_id, tool, input, ...(problem && { problem }) };
}

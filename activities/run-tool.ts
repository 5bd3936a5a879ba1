/** Runs a tool as one activity: a heartbeat from beginning to end, and a signal to the conversation for each event. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ConversationKey } from '../contract/names.ts';
import type { CallEnd, CallEventSignal } from '../contract/signals.ts';
import type { CallStart } from '../contract/turn.ts';
import type { Store } from '../store/store.ts';
import type { Bus } from '../stream/bus.ts';
import type { Catalogue } from '../tools/catalogue.ts';
import { type CallContext, isRemote, type LocalTool } from '../tools/define.ts';
import { hostLost } from '../tools/keeper/lost.ts';
import { HeldElsewhere, type Spools } from '../tools/keeper/spools.ts';
import { DEFAULT_REPORT, parseReport, type Report } from '../contract/report.ts';
import { asJson } from './as-json.ts';
import { advance, restoreCursor } from './call-cursor.ts';
import { CallFailed, toolFailure } from './call-failed.ts';
import { ConversationGone, deliver } from './deliver.ts';
import { factsOf } from './describe-tools.ts';
import { driveTool } from './drive-tool.ts';
import { createPatience, heldElsewhere } from './held-elsewhere.ts';
import { withHeartbeat } from './heartbeat.ts';
import { createLargeResults } from './large-results.ts';
import { createLiveProgress } from './live-progress.ts';
import { countResults, refuseExcess } from './result-count.ts';
import { readYield } from './tool-yield.ts';

export interface RunToolDependencies {
  catalogue: Catalogue;
  bus: Pick<Bus, 'publish'>;
  store: Pick<Store, 'setProgress' | 'keepResult' | 'result'>;
  /** Largest single result, as JSON. */
  maxResultBytes: number;
  /** Largest that travels; what is larger is stored aside. */
  inlineResultBytes: number;
  /** Most output that is kept of a tool's program. Default: ten million. */
  maxOutputBytes?: number;
  /** @throws WorkflowNotFoundError: the conversation has closed */
  signalConversation(conversation: ConversationKey, event: CallEventSignal): Promise<void>;
  /** How long a tool may take to stop. Default: 15 seconds, half of the call workflow's margin. */
  stop_ms?: number;
  spools: Spools;
}

/**
 * The activity returns the call's end, a failed one for whatever the tool does wrong: nothing that a tool throws is tried again.
 * @throws CancelledFailure once a cancelled tool has stopped; ApplicationFailure `WorkerShutdown`, so that another worker goes on
 */
export function createRunTool(dependencies: RunToolDependencies) {
  const isPatient = createPatience(ELSEWHERE_MS);
  return async function runTool(start: CallStart): Promise<CallEnd> {
    const context = Context.current();
    try {
      return await run(dependencies, start, context);
    } catch (error) {
      const { aborted, reason } = context.cancellationSignal;
      if (aborted && error === reason) {
        throw context.cancellationDetails?.workerShutdown ? shutDown() : error;
      }
      if (error instanceof ConversationGone) return { type: 'cancelled' };
      if (error instanceof HeldElsewhere && isPatient(start.call_id)) throw heldElsewhere(error);
      const told = error instanceof HeldElsewhere ? hostLost() : error;
      return { type: 'failed', error: toolFailure(told) };
    }
  };
}

/** Long enough for a machine that is restarted. */
const ELSEWHERE_MS = 60_000;

async function run(
  dependencies: RunToolDependencies,
  start: CallStart,
  context: Context,
): Promise<CallEnd> {
  const { catalogue, maxResultBytes, signalConversation, stop_ms = 15_000 } = dependencies;
  const { conversation, call_id } = start;
  const tool = findTool(catalogue, start.tool);
  const { timeout_ms, restart } = factsOf(tool);
  if (restart === 'fail' && context.info.attempt > 1) throw lost(tool);
  const input = await readInput(tool, start.input);
  let cursor = restoreCursor(context.info.heartbeatDetails, reportOf(tool, start), Date.now());

  // Temporal's own limit would end the call without a readable reason, and the tool not at all.
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(overdue(tool, timeout_ms)), timeout_ms);
  const signal = AbortSignal.any([context.cancellationSignal, timeout.signal]);
  const live = liveProgress(dependencies, start, context);
  const warn = (message: string, error?: unknown) =>
    context.log.warn(message, { call_id, tool: tool.name, error });
  const { store, inlineResultBytes: inlineBytes } = dependencies;
  const large = createLargeResults({ store, inlineBytes }, start, signal, warn);

  const take = async (yielded: unknown) => {
    const step = readYield(yielded, maxResultBytes);
    if (step.type === 'progress') live.show({ percent: step.percent, note: step.note });
    const { cursor: next, event } = advance(cursor, step, Date.now());
    refuseExcess(tool, next.results);
    if (event) {
      const told = await large.event({ call_id, ...event });
      await deliver(() => signalConversation(conversation, told), signal);
    }
    cursor = next;
    // At once, since what the next attempt does not know of it would tell again.
    if (event) context.heartbeat(cursor);
  };

  try {
    const call: CallContext = {
      ...callContext(call_id, signal, cursor.checkpoint),
      maxOutputBytes: dependencies.maxOutputBytes ?? 10_000_000,
      folder: () => dependencies.spools.open(conversation, call_id),
      storedResult: large.read,
      get handsOver() {
        return handsOver(context, signal);
      },
    };
    const returned = await withHeartbeat(
      () => driveTool({ tool, input, call, take, stop_ms, warn }),
      HEARTBEAT_MS,
      () => cursor,
    );
    countResults(tool, cursor.results, returned);
    return await large.end(asJson(returned, maxResultBytes, 'Its result'));
  } finally {
    clearTimeout(timer);
    dependencies.spools.release(call_id);
    await live.finish();
    // A worker that shuts down hands on what happened since the last beat.
    if (signal.aborted) context.heartbeat(cursor);
  }
}

const HEARTBEAT_MS = 1_000;

function findTool(catalogue: Catalogue, name: string): LocalTool {
  const tool = catalogue.tools.get(name);
  if (!tool) throw new CallFailed('UnknownTool', `There is no tool named ${name}.`);
  if (isRemote(tool)) {
    throw new CallFailed('UnknownTool', `${name} is another team's service now: call it again.`);
  }
  return tool;
}

/** Again, since the tool may have changed since the model was asked. */
async function readInput(tool: LocalTool, given: unknown): Promise<unknown> {
  const parsed = await tool.input.safeParseAsync(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw new CallFailed('InvalidInput', `The input does not fit. ${problems.join('; ')}`);
}

function reportOf(tool: LocalTool, start: CallStart): Report {
  const wanted = [start.report, tool.report].map((text) => text && parseReport(text)).find(Boolean);
  return wanted || parseReport(DEFAULT_REPORT)!;
}

function callContext(id: string, signal: AbortSignal, checkpoint: unknown) {
  return {
    id,
    signal,
    checkpoint,
    progress: (percent, note, options) => ({ type: 'progress', percent, note, ...options }),
    result: (data, options) => ({ type: 'result', data, ...options }),
  } satisfies Partial<CallContext>;
}

/** Not when the call was cancelled or its time is over: then nobody goes on. */
function handsOver(
  { cancellationSignal, cancellationDetails }: Context,
  { aborted, reason }: AbortSignal,
): boolean {
  const isTold = cancellationSignal.aborted && reason === cancellationSignal.reason;
  return aborted && isTold && cancellationDetails?.cancelRequested !== true;
}

function liveProgress({ bus, store }: RunToolDependencies, start: CallStart, { log }: Context) {
  const { conversation, call_id } = start;
  return createLiveProgress<{ percent: number; note?: string }>(
    async (step) => {
      bus.publish(conversation, { type: 'progress', call_id, ...step });
      await store.setProgress(conversation, call_id, { ...step, at: new Date().toISOString() });
    },
    (error) => log.warn('Live progress was not written.', { call_id, error }),
  );
}

function lost({ name }: LocalTool): CallFailed {
  return new CallFailed(
    'WorkerLost',
    `The worker that ran ${name} stopped before ${name} ended. It was not started again; how far it came is unknown.`,
  );
}

function overdue({ name }: LocalTool, timeout_ms: number): CallFailed {
  return new CallFailed('Timeout', `${name} did not end within ${timeout_ms / 1_000} seconds.`);
}

/** A failure that Temporal retries: the next worker goes on from the last heartbeat. */
function shutDown(): ApplicationFailure {
  return ApplicationFailure.retryable('The worker shut down.', 'WorkerShutdown');
}

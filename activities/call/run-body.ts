/** Runs the tool of a call, from its latest progress to its end, and signals each event to the conversation. */
import type { Settings } from '../../config.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { CallEnd, CallEventSignal } from '../../contract/signals.ts';
import type { CallStart } from '../../contract/call.ts';
import type { Store } from '../../store/store.ts';
import type { Bus } from '../../stream/bus.ts';
import { showProgress } from '../../stream/show-progress.ts';
import { type CallContext, isRemote, type LocalTool, type Tool } from '../../tools/define.ts';
import { Described } from '../../tools/described.ts';
import type { Catalogue } from '../../tools/catalogue.ts';
import { isAgreed } from '../../tools/taken-input.ts';
import type { Spools } from '../../tools/keeper/spools.ts';
import { asJson } from './as-json.ts';
import { advance, type CallCursor, resumed } from './call-cursor.ts';
import { CallFailed } from './call-failed.ts';
import { deliver } from './deliver.ts';
import { driveTool } from './drive-tool.ts';
import { factsOf } from './describe-tools.ts';
import { createLargeResults } from './large-results.ts';
import { createProgressWriter } from './progress-writer.ts';
import { countResults, refuseExcess } from './result-count.ts';
import type { Standing } from './standing.ts';
import { readYield } from './tool-yield.ts';

export interface BodyDependencies {
  catalogue: Catalogue;
  bus: Pick<Bus, 'publish'>;
  store: Pick<Store, 'setProgress' | 'keepResult' | 'result'>;
  settings: Pick<
    Settings,
    'MEANWHILE_MAX_RESULT_BYTES' | 'MEANWHILE_INLINE_RESULT_BYTES' | 'MEANWHILE_MAX_OUTPUT_BYTES'
  >;
  /** @throws WorkflowNotFoundError when the conversation has closed */
  signalConversation(conversation: ConversationKey, event: CallEventSignal): Promise<void>;
  /** How long a tool may take to stop. Default: 15 seconds, half of the call workflow's margin. */
  stop_ms?: number;
  spools: Spools;
}

/** What the body knows about the process that runs it. */
export interface BodyContext {
  /** Aborts when the tool has to stop for any reason other than its timeout. */
  signal: AbortSignal;
  /** After the abort: true when another attempt continues the call. */
  handsOver(): boolean;
  /** Resolves when no other process runs the call. Rejects with the signal's reason. */
  confirm(): Promise<void>;
  /** Called when the call has progressed. `isNews`: without this cursor, the next attempt would do or report something twice. */
  moved(cursor: CallCursor, isNews: boolean): void;
  /** Called with each yield that has a checkpoint, before it is reported: its work is done. JSON. */
  yielded(step: unknown): void;
  /** Called with what the tool returned, before its result is stored. */
  returned(returned: unknown): void;
  warn(message: string, error?: unknown): void;
  /** Called with the unchanged answer of an MCP server. */
  answered?(answer: unknown): void;
}

export interface Body {
  start: CallStart;
  tool: LocalTool;
  /** The progress so far. What is not reported yet is reported first. */
  from: Standing;
}

/** @throws what the tool throws; CallFailed; ConversationGone; the signal's reason, once the tool has stopped */
export async function runBody(
  dependencies: BodyDependencies,
  { start, tool, from }: Body,
  ground: BodyContext,
): Promise<CallEnd> {
  const { settings, signalConversation, stop_ms = 15_000 } = dependencies;
  const { MEANWHILE_MAX_RESULT_BYTES: maxBytes } = settings;
  const { conversation, call_id } = start;
  const { timeout_ms } = factsOf(tool);
  const { warn } = ground;
  const input = await readInput(tool, start);
  const { untold } = from;
  let { cursor } = from;

  // Temporal's own timeout would end the call without a readable reason, and would not stop the tool.
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(overdue(tool, timeout_ms)), timeout_ms);
  const signal = AbortSignal.any([ground.signal, timeout.signal]);
  const live = liveProgress(dependencies, start, warn);
  const large = createLargeResults(dependencies, start, signal, warn);

  let last = 0;
  let isWarned = false;
  const warnOnce = (message: string) => {
    if (!isWarned) warn(message);
    isWarned = true;
  };

  const take = async (yielded: unknown) => {
    const step = readYield(yielded, maxBytes, { last, warn: warnOnce });
    if (step.type === 'progress') {
      last = step.percent;
      live.show({ percent: step.percent, note: step.note });
    }
    if (step.checkpoint !== undefined) ground.yielded(step);
    const { cursor: next, event } = advance(cursor, step, Date.now());
    refuseExcess(tool, next.results);
    if (event) {
      const told = await large.event({ call_id, ...event });
      await deliver(async () => {
        await ground.confirm();
        await signalConversation(conversation, told);
      }, signal);
    }
    cursor = next;
    // A program with a keeper does not resume from a checkpoint: its output is read again, so nothing is done or reported twice.
    const isCheckpoint = step.checkpoint !== undefined && !tool.keeps;
    ground.moved(cursor, event !== undefined || isCheckpoint);
  };

  const left = (yielded: unknown) => {
    const step = readYield(yielded, maxBytes, { last, warn: () => {} });
    if (step.checkpoint !== undefined) ground.yielded(step);
  };

  try {
    if (untold?.kind === 'yielded') await take(untold.yielded);
    cursor = resumed(cursor);
    const call: CallContext = {
      ...callContext(start, signal, cursor.checkpoint),
      maxOutputBytes: settings.MEANWHILE_MAX_OUTPUT_BYTES,
      folder: () => dependencies.spools.open(conversation, call_id, signal),
      storedResult: large.read,
      ...(start.resumes && { resumes: start.resumes }),
      ...(ground.answered && { answered: ground.answered }),
      get handsOver() {
        return signal.aborted && signal.reason === ground.signal.reason && ground.handsOver();
      },
    };
    const returned =
      untold?.kind === 'returned'
        ? untold.returned
        : await driveTool({
            tool,
            input,
            call,
            take,
            left,
            confirm: ground.confirm,
            stop_ms,
            warn,
          });
    ground.returned(returned);
    countResults(tool, cursor.results, returned);
    if (returned instanceof Described) {
      const readable = asJson(returned.readable, maxBytes, 'Its result');
      const whole = asJson(returned.whole, maxBytes, 'Its result');
      return await large.describedEnd({ readable, whole });
    }
    return await large.end(asJson(returned, maxBytes, 'Its result'));
  } finally {
    clearTimeout(timer);
    dependencies.spools.release(conversation, call_id);
    await live.finish();
  }
}

/** @throws CallFailed `UnknownTool` */
export function findTool(tool: Tool | undefined, name: string): LocalTool {
  if (!tool) throw new CallFailed('UnknownTool', `There is no tool named ${name}.`);
  if (isRemote(tool)) {
    throw new CallFailed('UnknownTool', `${name} is another team's service now: call it again.`);
  }
  return tool;
}

/** Checks again, since the tool may have changed since the model was asked. */
async function readInput(tool: LocalTool, { input, agreed }: CallStart): Promise<unknown> {
  const parsed = await tool.input.safeParseAsync(input);
  if (parsed.success) {
    if (agreed === undefined || isAgreed(parsed.data, agreed)) return parsed.data;
    const message = `${tool.name} would now get different input from what a person approved. It was not run: call it again.`;
    throw new CallFailed('ToolChanged', message);
  }
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw new CallFailed(
    'InvalidInput',
    `The input does not match its schema. ${problems.join('; ')}`,
  );
}

function callContext(
  { conversation, call_id: id }: CallStart,
  signal: AbortSignal,
  checkpoint: unknown,
) {
  return {
    id,
    idempotency_key: idempotencyKey(conversation, id),
    signal,
    checkpoint,
    progress: (percent, note, options) => ({ type: 'progress', percent, note, ...options }),
    result: (data, options) => ({ type: 'result', data, ...options }),
  } satisfies Partial<CallContext>;
}

/** A call id is unique within its tenant; other systems see several tenants. */
export const idempotencyKey = ({ tenant }: ConversationKey, callId: string) =>
  `meanwhile/${encodeURIComponent(tenant)}/${callId}`;

function liveProgress(
  dependencies: BodyDependencies,
  { conversation, call_id }: CallStart,
  warn: BodyContext['warn'],
) {
  return createProgressWriter<{ percent: number; note?: string }>(
    (step) => showProgress(dependencies, conversation, call_id, step),
    (error) => warn('Live progress could not be written.', error),
  );
}

function overdue({ name }: LocalTool, timeout_ms: number): CallFailed {
  return new CallFailed('Timeout', `${name} did not end within ${timeout_ms / 1_000} seconds.`);
}

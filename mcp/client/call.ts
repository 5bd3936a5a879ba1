/** One call of a tool on an MCP server, from the first connection to its outcome. */
import {
  type CallToolResult,
  type InputResponses,
  isInputRequiredResult,
  ProtocolError,
} from '@modelcontextprotocol/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { McpOutcome } from '../../tools/mcp-spool.ts';
import type { McpConnection } from './connection.ts';
import {
  type CallOptions,
  isPermanent,
  NO_TIMEOUT_MS,
  openPatiently,
  PATIENCE_MS,
} from './open.ts';
import { asResult, messageOf, outcomeOf } from './outcome.ts';
import { readQuestions, Unaskable, unaskable } from './elicitation.ts';
import { hasOldTasks, OLD_TASK_MS } from './old-task.ts';
import { cancelTask, followTask, RECONNECT_MS, type TaskHandle } from './task.ts';
import { TASKS } from './wire.ts';

/**
 * Retries for `patience_ms` as long as the server has not received the call. Some connections open although their server is gone, and
 * fail with the first request.
 * @throws the signal's reason if the call is cancelled, after an attempt to cancel it on the server
 */
export async function performCall(options: CallOptions): Promise<McpOutcome> {
  const { signal, task } = options;
  const { patience_ms = task === undefined ? PATIENCE_MS : RECONNECT_MS } = options;
  const giveUp = performance.now() + patience_ms;
  for (;;) {
    let connection: McpConnection;
    try {
      connection = await openPatiently({ ...options, patience_ms: giveUp - performance.now() });
    } catch (error) {
      signal.throwIfAborted();
      const type = task === undefined ? 'unavailable' : 'lost';
      return { type, message: messageOf(error) };
    }
    try {
      return await callOn(connection, options);
    } catch (error) {
      if (!(error instanceof NotReceived)) throw error;
      if (performance.now() > giveUp) return error.outcome;
      options.notReceived?.();
    } finally {
      await connection.close().catch(() => {});
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

const PAUSE_MS = 500;

/** The server has not received the call, and may be back in a moment. */
class NotReceived extends Error {
  readonly outcome: McpOutcome;
  constructor(outcome: McpOutcome) {
    super('The server has not received the call.');
    this.outcome = outcome;
  }
}

async function callOn(connection: McpConnection, options: CallOptions): Promise<McpOutcome> {
  const { signal, task, cancels } = options;
  try {
    if (task !== undefined && cancels) {
      await cancelTask(connection, task);
      await options.withdrawn();
      return { type: 'failed', name: 'Cancelled', message: 'The call was cancelled.' };
    }
    const refusal = refusalIn(options);
    if (refusal) return refusal;
    const result = task === undefined ? await ask(connection, options) : undefined;
    if (isInputRequiredResult(result)) {
      const { inputRequests, requestState: state } = result;
      const questions = readQuestions(inputRequests);
      return { type: 'asks', questions, ...(state !== undefined && { state }) };
    }
    const begun = task === undefined ? taskIn(result) : { taskId: task };
    if (!begun) return { type: 'returned', result: asResult(result) };
    if (task === undefined) await options.began(begun.taskId);
    return await followTask({ ...options, connection, task: begun });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unaskable) return unaskable(error);
    const visits = visitsIn(error);
    if (visits) return visits;
    const outcome = outcomeOf(error, connection.stderr());
    if (outcome.type === 'unavailable' && !isPermanent(error)) throw new NotReceived(outcome);
    return outcome;
  }
}

async function ask(
  connection: McpConnection,
  { tool, input, schema, idempotency_key, token, signal, answers, asTask }: CallOptions,
): Promise<CallToolResult> {
  const task = asTask && hasOldTasks(connection) ? { task: { ttl: OLD_TASK_MS } } : {};
  const meta = { progressToken: token, [IDEMPOTENCY_META]: idempotency_key };
  return connection.client.callTool(
    {
      name: tool,
      arguments: input as Record<string, unknown>,
      _meta: meta,
      ...task,
      ...responsesIn(answers),
    },
    {
      allowInputRequired: true,
      signal,
      timeout: NO_TIMEOUT_MS,
      // Without an output schema: the call has taken effect even if its result does not match the schema.
      toolDefinition: { name: tool, inputSchema: { ...schema, type: 'object' } },
    },
  );
}

function responsesIn(answers: CallOptions['answers']) {
  if (!answers) return {};
  const own = Object.entries(answers.responses).filter(([key]) => !key.startsWith(VISIT));
  const { state } = answers;
  return {
    ...(own.length > 0 && { inputResponses: Object.fromEntries(own) as InputResponses }),
    ...(state !== undefined && { requestState: state }),
  };
}

/** In the older protocol a call fails until a person has visited some pages. It is then made again. */
function visitsIn(error: unknown): McpOutcome | undefined {
  if (!(error instanceof ProtocolError) || error.code !== VISIT_FIRST) return undefined;
  const { elicitations } = (error.data ?? {}) as { elicitations?: unknown };
  if (!Array.isArray(elicitations) || elicitations.length === 0) return undefined;
  try {
    const asked = elicitations.map((params: unknown, nth) => [
      `${VISIT}${nth}`,
      { method: 'elicitation/create', params },
    ]);
    return { type: 'asks', questions: readQuestions(Object.fromEntries(asked)) };
  } catch (unread) {
    return unaskable(unread as Unaskable);
  }
}

/** Without the visit, the same call would fail again. */
function refusalIn({ answers }: CallOptions): McpOutcome | undefined {
  const visits = Object.entries(answers?.responses ?? {}).filter(([key]) => key.startsWith(VISIT));
  if (visits.every(([, { action }]) => action === 'accept')) return undefined;
  const message = 'The server wants a person to visit a page first, and they did not.';
  return { type: 'failed', name: 'InputRequired', message };
}

const VISIT_FIRST = -32_042;
/** Prefix of the keys of questions that ask for a visit. */
const VISIT = 'visit first: ';

/** Lets a server recognise a repeated call. */
const IDEMPOTENCY_META = 'meanwhile/idempotency_key';

function taskIn(result: unknown): TaskHandle | undefined {
  const { _meta } = (result ?? {}) as { _meta?: Record<string, unknown> };
  const task = _meta?.[TASKS] as TaskHandle | undefined;
  return typeof task?.taskId === 'string' ? task : undefined;
}

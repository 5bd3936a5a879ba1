/**
 * Follows a call that its server has made a task, by its id and over any connection. The task is one of the extension
 * io.modelcontextprotocol/tasks, or of protocol 2025-11-25 (old-task.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type McpOutcome, noteOf } from '../../tools/mcp-spool.ts';
import { type CallOptions, openPatiently } from './open.ts';
import { readQuestions, Unaskable, unaskable } from './elicitation.ts';
import { asResult, messageOf, outcomeOf } from './outcome.ts';
import type { McpConnection } from './connection.ts';
import { resultOfOldTask } from './old-task.ts';
import { type TaskState, taskState } from './task-state.ts';

/** A new task as the server sends it. Everything but the id may be missing or invalid. */
export interface TaskHandle {
  taskId: string;
  pollIntervalMs?: unknown;
  /** The same in protocol 2025-11-25. */
  pollInterval?: unknown;
  statusMessage?: unknown;
}

export interface Following extends Omit<CallOptions, 'task'> {
  connection: McpConnection;
  task: TaskHandle;
}

/**
 * Polls the task, no more often than its server wants, and reconnects if the connection is lost.
 * @throws the signal's reason if the call is cancelled, after an attempt to cancel the task
 */
export async function followTask(following: Following): Promise<McpOutcome> {
  const { task, signal, onProgress } = following;
  let { connection } = following;
  let interval_ms = intervalOf(task);
  let { said } = following;
  const report = (message: unknown) => {
    if (typeof message !== 'string' || noteOf(message) === said) return;
    said = noteOf(message);
    onProgress({ token: following.token, progress: 0, message });
  };
  report(task.statusMessage);
  try {
    // Answers may be sent again over another connection: the server ignores those to questions that are no longer open.
    let isAnswered = following.answers === undefined;
    for (;;) {
      await sleep(interval_ms, undefined, { signal });
      let now: TaskState;
      let old: McpOutcome | undefined;
      try {
        if (!isAnswered) await answerTask(connection, following);
        isAnswered = true;
        now = await lookAt(connection, task.taskId, signal);
        report(now.statusMessage);
        old = await resultOfOldTask(connection, now, { taskId: task.taskId, signal });
      } catch (error) {
        signal.throwIfAborted();
        const outcome = outcomeOf(error, connection.stderr());
        if (outcome.type === 'failed') return unknownTask(outcome.message);
        await connection.close().catch(() => {});
        connection = await openPatiently({ ...following, patience_ms: RECONNECT_MS });
        continue;
      }
      interval_ms = intervalOf({ ...task, ...now });
      const outcome = old ?? (await outcomeIn(following, connection, now));
      if (outcome) return outcome;
    }
  } catch (error) {
    if (signal.aborted) {
      await cancelIfThere(connection, task.taskId, following);
      throw signal.reason;
    }
    return { type: 'lost', message: messageOf(error) };
  } finally {
    if (connection !== following.connection) await connection.close().catch(() => {});
  }
}

/** Undefined while the task goes on. */
async function outcomeIn(
  { task, answers, ...options }: Following,
  connection: McpConnection,
  now: TaskState,
): Promise<McpOutcome | undefined> {
  switch (now.status) {
    case 'working':
      return undefined;
    case 'completed':
      return { type: 'returned', result: asResult(now.result) };
    case 'cancelled':
      return {
        type: 'failed',
        name: 'CancelledByServer',
        message: withNote('The server cancelled it.', now),
      };
    case 'failed':
      if (now.result !== undefined) {
        return { type: 'returned', result: { ...asResult(now.result), isError: true } };
      }
      return {
        type: 'failed',
        name: 'ServerError',
        message: now.error?.message ?? withNote('The task failed.', now),
      };
    case 'input_required':
      try {
        const known = [...(answers?.before ?? []), ...Object.keys(answers?.responses ?? {})];
        const asked = Object.entries(now.inputRequests ?? {});
        const questions = readQuestions(
          Object.fromEntries(asked.filter(([key]) => !known.includes(key))),
        );
        // The server may not have processed the answers yet.
        if (Object.keys(questions).length === 0) return undefined;
        return { type: 'asks', questions, task: task.taskId };
      } catch (error) {
        if (!(error instanceof Unaskable)) throw error;
        await cancelIfThere(connection, task.taskId, options);
        return unaskable(error, 'Its task was cancelled.');
      }
  }
}

const lookAt = (connection: McpConnection, taskId: string, signal: AbortSignal) =>
  connection.client.request({ method: 'tasks/get', params: { taskId } }, taskState, {
    signal,
    timeout: ANSWER_MS,
  });

const answerTask = (connection: McpConnection, { task, answers, signal }: Following) =>
  connection.client.request(
    {
      method: 'tasks/update',
      params: { taskId: task.taskId, inputResponses: answers!.responses },
    },
    z.looseObject({}),
    { signal, timeout: ANSWER_MS },
  );

/** Never rejects, since the server may be gone. */
const cancelIfThere = (
  connection: McpConnection,
  taskId: string,
  { withdrawn }: Pick<CallOptions, 'withdrawn'>,
) => cancelTask(connection, taskId, CANCEL_MS).then(withdrawn, () => {});

/**
 * Resolves also if the server refuses: the task has ended, or the server does not know it.
 * @throws what a lost connection throws
 */
export async function cancelTask(
  { client, stderr }: McpConnection,
  taskId: string,
  timeout_ms = ANSWER_MS,
): Promise<void> {
  try {
    await client.request({ method: 'tasks/cancel', params: { taskId } }, z.looseObject({}), {
      timeout: timeout_ms,
    });
  } catch (error) {
    if (outcomeOf(error, stderr()).type !== 'failed') throw error;
  }
}

/** The server has lost its task, so the outcome is unknown. */
const unknownTask = (message: string): McpOutcome => ({
  type: 'lost',
  message: `The server no longer knows the task: ${message}`,
});

const withNote = (text: string, { statusMessage }: TaskState) =>
  statusMessage === undefined ? text : `${text} ${statusMessage}`;

/** In milliseconds; one second if the server does not say. */
function intervalOf({ pollIntervalMs, pollInterval }: Omit<TaskHandle, 'taskId'>): number {
  const given = pollIntervalMs ?? pollInterval;
  const wanted = typeof given === 'number' && Number.isFinite(given) ? given : 1_000;
  return Math.min(Math.max(wanted, 50), 3_600_000);
}

const ANSWER_MS = 30_000;
const CANCEL_MS = 3_000;
/** How long a server may be unreachable before its task is given up. */
export const RECONNECT_MS = 300_000;

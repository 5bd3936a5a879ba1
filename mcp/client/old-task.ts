/**
 * The experimental tasks of protocol 2025-11-25. The SDK has their types and nothing that uses them, so plain requests are sent. They
 * differ from the extension: the client asks for a task with `task` in its call, and `tasks/result` returns the result, which blocks
 * until there is one. While it blocks the server may ask a person, in the way of that protocol.
 */
import { z } from 'zod';
import type { McpOutcome } from '../../tools/mcp-spool.ts';
import type { McpConnection } from './connection.ts';
import { asResult, outcomeOf } from './outcome.ts';
import type { TaskState } from './task-state.ts';

/** How long the server is asked to keep the task: the call and its worker may be away for a while. A day, in milliseconds. */
export const OLD_TASK_MS = 24 * 3_600_000;

/** Whether this server makes calls tasks in that way. */
export function hasOldTasks({ client, era }: McpConnection): boolean {
  const { tasks } = (client.getServerCapabilities() ?? {}) as OldCapabilities;
  return era.kind === 'legacy' && tasks?.requests?.tools?.call !== undefined;
}

interface OldCapabilities {
  tasks?: { requests?: { tools?: { call?: object } } };
}

/**
 * Undefined while there is none to wait for, or if the server is of another protocol.
 * @throws what a lost connection throws
 */
export async function resultOfOldTask(
  { client, era, stderr }: McpConnection,
  { status }: Pick<TaskState, 'status'>,
  { taskId, signal }: { taskId: string; signal: AbortSignal },
): Promise<McpOutcome | undefined> {
  if (era.kind !== 'legacy' || status === 'working' || status === 'cancelled') return undefined;
  try {
    const result = await client.request(
      { method: 'tasks/result', params: { taskId } },
      z.looseObject({}),
      { signal, timeout: FOREVER_MS },
    );
    return { type: 'returned', result: asResult(result) };
  } catch (error) {
    signal.throwIfAborted();
    const outcome = outcomeOf(error, stderr());
    if (outcome.type === 'failed') return outcome;
    throw error;
  }
}

/** The call's own timeout ends it. */
const FOREVER_MS = 2 ** 31 - 1;

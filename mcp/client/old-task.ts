/**
 * The experimental tasks of protocol 2025-11-25. The SDK has only their types, so plain requests are sent. They differ from the
 * extension: the client asks for a task with `task` in its call, and `tasks/result` blocks until it returns the result. While it
 * blocks, the server may send elicitation requests.
 */
import { z } from 'zod';
import type { McpOutcome } from '../../tools/mcp-spool.ts';
import type { McpConnection } from './connection.ts';
import { NO_TIMEOUT_MS } from './open.ts';
import { asResult, outcomeOf } from './outcome.ts';
import type { TaskState } from './task-state.ts';

/** How long the server is asked to keep the task, since the call's worker may be down for a while. A day, in milliseconds. */
export const OLD_TASK_MS = 24 * 3_600_000;

/** Whether this server offers such tasks for calls. */
export function hasOldTasks({ client, era }: McpConnection): boolean {
  const { tasks } = (client.getServerCapabilities() ?? {}) as OldCapabilities;
  return era.kind === 'legacy' && tasks?.requests?.tools?.call !== undefined;
}

interface OldCapabilities {
  tasks?: { requests?: { tools?: { call?: object } } };
}

/**
 * Undefined while the task works, if it was cancelled, or if the server uses another protocol.
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
      { signal, timeout: NO_TIMEOUT_MS },
    );
    return { type: 'returned', result: asResult(result) };
  } catch (error) {
    signal.throwIfAborted();
    const outcome = outcomeOf(error, stderr());
    if (outcome.type === 'failed') return outcome;
    throw error;
  }
}

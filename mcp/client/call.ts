/** One call of a tool on an MCP server, from the first connection to its outcome. */
import type { McpOutcome } from '../../tools/mcp-spool.ts';
import type { Connection } from './connection.ts';
import { type CallOptions, openPatiently } from './open.ts';
import { asResult, messageOf, outcomeOf } from './outcome.ts';
import { followTask, type TaskHandle } from './task.ts';
import { TASKS } from './wire.ts';

/** @throws the signal's reason, once the server has been told, or could not be */
export async function performCall(options: CallOptions): Promise<McpOutcome> {
  let connection: Connection;
  try {
    connection = await openPatiently(options);
  } catch (error) {
    options.signal.throwIfAborted();
    return { type: 'unavailable', message: messageOf(error) };
  }
  try {
    return await callOn(connection, options);
  } finally {
    await connection.close().catch(() => {});
  }
}

async function callOn(connection: Connection, options: CallOptions): Promise<McpOutcome> {
  const { signal, task } = options;
  try {
    const result = task === undefined ? await ask(connection, options) : undefined;
    const begun = task === undefined ? taskIn(result) : { taskId: task };
    if (!begun) return { type: 'returned', result: asResult(result) };
    if (task === undefined) await options.began(begun.taskId);
    return await followTask({ ...options, connection, task: begun });
  } catch (error) {
    signal.throwIfAborted();
    return outcomeOf(error, connection.stderr());
  }
}

async function ask(
  connection: Connection,
  { tool, input, schema, idempotency_key, token, signal }: CallOptions,
) {
  const meta = { progressToken: token, [IDEMPOTENCY_META]: idempotency_key };
  return connection.client.callTool(
    { name: tool, arguments: input as Record<string, unknown>, _meta: meta },
    {
      signal,
      timeout: FOREVER_MS,
      // Without an output schema: a result that does not fit it has been brought about all the same.
      toolDefinition: { name: tool, inputSchema: { ...schema, type: 'object' } },
    },
  );
}

/** For servers that recognise a call that is made again. */
const IDEMPOTENCY_META = 'meanwhile/idempotency_key';

/** The call's own timeout ends it. */
const FOREVER_MS = 2 ** 31 - 1;

function taskIn(result: unknown): TaskHandle | undefined {
  const { _meta } = (result ?? {}) as { _meta?: Record<string, unknown> };
  const task = _meta?.[TASKS] as TaskHandle | undefined;
  return typeof task?.taskId === 'string' ? task : undefined;
}

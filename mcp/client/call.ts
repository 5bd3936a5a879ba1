/** One call of a tool on an MCP server, from the first connection to its outcome. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { McpOutcome } from '../../tools/mcp-spool.ts';
import type { McpConnection } from './connection.ts';
import { type CallOptions, isHopeless, openPatiently, PATIENCE_MS } from './open.ts';
import { asResult, messageOf, outcomeOf } from './outcome.ts';
import { followTask, type TaskHandle } from './task.ts';
import { TASKS } from './wire.ts';

/**
 * Tries again for a while if the server is out of reach before it has seen the call. Some connections only find out then.
 * @throws the signal's reason, once the server has been told, or could not be
 */
export async function performCall(options: CallOptions): Promise<McpOutcome> {
  const { patience_ms = PATIENCE_MS, signal } = options;
  const giveUp = performance.now() + patience_ms;
  for (;;) {
    let connection: McpConnection;
    try {
      connection = await openPatiently({ ...options, patience_ms: giveUp - performance.now() });
    } catch (error) {
      signal.throwIfAborted();
      return { type: 'unavailable', message: messageOf(error) };
    }
    try {
      return await callOn(connection, options);
    } catch (error) {
      if (!(error instanceof Unseen)) throw error;
      if (performance.now() > giveUp) return error.outcome;
      options.unseen?.();
    } finally {
      await connection.close().catch(() => {});
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

const PAUSE_MS = 500;

/** The server has not seen the call, and may be there in a moment. */
class Unseen extends Error {
  readonly outcome: McpOutcome;
  constructor(outcome: McpOutcome) {
    super('The server has not seen the call.');
    this.outcome = outcome;
  }
}

async function callOn(connection: McpConnection, options: CallOptions): Promise<McpOutcome> {
  const { signal, task } = options;
  try {
    const result = task === undefined ? await ask(connection, options) : undefined;
    const begun = task === undefined ? taskIn(result) : { taskId: task };
    if (!begun) return { type: 'returned', result: asResult(result) };
    if (task === undefined) await options.began(begun.taskId);
    return await followTask({ ...options, connection, task: begun });
  } catch (error) {
    signal.throwIfAborted();
    const outcome = outcomeOf(error, connection.stderr());
    if (outcome.type === 'unavailable' && !isHopeless(error)) throw new Unseen(outcome);
    return outcome;
  }
}

async function ask(
  connection: McpConnection,
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

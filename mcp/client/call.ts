/** One call of a tool on an MCP server, from the first connection to its outcome. */
import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { ForbiddenAddress } from '../../remote/request.ts';
import type { McpOutcome, McpResult } from '../../tools/mcp-spool.ts';
import type { Connection } from './connection.ts';
import { followTask, type TaskHandle } from './task.ts';
import { CONNECTION_LOST, LOST_MESSAGE, TASKS, type WireProgress } from './wire.ts';

export interface CallOptions {
  /** @throws what `connect` throws */
  open(heard: (progress: WireProgress) => void): Promise<Connection>;
  tool: string;
  input: unknown;
  /** As its server wrote it. */
  schema: Record<string, unknown>;
  idempotency_key: string;
  /** Marks the progress of this call: a connection may carry others. */
  token: string;
  /** A task that was begun before, in place of a new call. */
  task?: string;
  /** Aborts when the call is cancelled. */
  signal: AbortSignal;
  /** In the order in which the server sent it, all of it before the outcome. */
  heard(progress: WireProgress): void;
  /** Called once the server has made the call a task: from here on it can be found again. */
  began(task: string): Promise<void>;
  /** How long a server may be out of reach before the call is given up. Milliseconds; default 20 seconds. */
  patience_ms?: number;
}

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

/** Tries again for a while: nothing has reached the server yet. */
export async function openPatiently({
  open,
  heard,
  token,
  signal,
  patience_ms = 20_000,
}: Pick<CallOptions, 'open' | 'heard' | 'token' | 'signal' | 'patience_ms'>): Promise<Connection> {
  const giveUp = performance.now() + patience_ms;
  for (let pause_ms = 250; ; pause_ms = Math.min(pause_ms * 2, 4_000)) {
    try {
      return await open((progress) => {
        if (progress.token === token) heard(progress);
      });
    } catch (error) {
      const isOver = performance.now() + pause_ms > giveUp;
      if (signal.aborted || isOver || isHopeless(error)) throw error;
      await sleep(pause_ms, undefined, { signal });
    }
  }
}

function isHopeless(error: unknown): boolean {
  const status = error instanceof SdkHttpError ? error.status : undefined;
  return (
    error instanceof UnauthorizedError ||
    findCause(error, (cause) => cause instanceof ForbiddenAddress) !== undefined ||
    ['ENOENT', 'EACCES'].includes(codeOf(error) ?? '') ||
    (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429)
  );
}

function taskIn(result: unknown): TaskHandle | undefined {
  const { _meta } = (result ?? {}) as { _meta?: Record<string, unknown> };
  const task = _meta?.[TASKS] as TaskHandle | undefined;
  return typeof task?.taskId === 'string' ? task : undefined;
}

export function asResult(given: unknown): McpResult {
  const { content, structuredContent, isError } = (given ?? {}) as Partial<McpResult>;
  return {
    content: Array.isArray(content) ? content : [],
    ...(structuredContent !== undefined && { structuredContent }),
    ...(isError === true && { isError }),
  };
}

/** What an error says about the call that it ended. */
export function outcomeOf(error: unknown, said: string): McpOutcome {
  const words = messageOf(error);
  const message = said === '' ? words : `${words}\nThe server said:\n${said}`;
  if (error instanceof ProtocolError) {
    if (error.code === CONNECTION_LOST && error.message.includes(LOST_MESSAGE)) {
      return { type: 'lost', message };
    }
    const needsMore = error.code === MISSING_CAPABILITY;
    return needsMore
      ? { type: 'failed', name: 'InputRequired', message: `${NOT_PASSED_ON} ${error.message}` }
      : { type: 'failed', name: 'ServerError', message: withData(error) };
  }
  if (isUnsent(error)) return { type: 'unavailable', message };
  if (error instanceof SdkHttpError) {
    const isRefused = error.status !== undefined && error.status < 500 && error.status !== 408;
    return isRefused ? { type: 'failed', name: 'ServerError', message } : { type: 'lost', message };
  }
  if (error instanceof SdkError && UNREADABLE.has(error.code)) {
    const why = `The server answered, but not with a result: ${words}`;
    return { type: 'failed', name: 'InvalidAnswer', message: why };
  }
  return { type: 'lost', message };
}

/** The server needs its client to do something that was not declared, such as asking a person. */
const MISSING_CAPABILITY = -32_021;
export const NOT_PASSED_ON =
  'The server asks for input, and this service cannot pass its question on to a person.';

const UNREADABLE = new Set<string>([
  SdkErrorCode.InvalidResult,
  SdkErrorCode.UnsupportedResultType,
  SdkErrorCode.ClientHttpUnexpectedContent,
]);

/** The connection was not even opened. */
function isUnsent(error: unknown): boolean {
  const code = codeOf(error);
  const isRefused = code !== undefined && UNSENT.has(code);
  return isRefused || findCause(error, (cause) => cause instanceof ForbiddenAddress) !== undefined;
}

const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function withData({ code, message, data }: ProtocolError): string {
  const more = data === undefined ? '' : `\n${JSON.stringify(data).slice(0, 2_000)}`;
  return `${message} (${code})${more}`;
}

/** `fetch` says only that it has failed: its cause says why. */
export function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  const reason = cause === undefined ? '' : messageOf(cause) || (codeOf(cause) ?? '');
  const own = message || (codeOf(error) ?? '');
  return reason === '' || own.includes(reason) ? own : `${own}: ${reason}`;
}

function codeOf(error: unknown): string | undefined {
  const found = findCause(error, (cause) => typeof (cause as { code?: unknown }).code === 'string');
  return found && 'code' in found ? String(found.code) : undefined;
}

function findCause(error: unknown, fits: (cause: object) => boolean): object | undefined {
  for (let each = error, depth = 0; depth < 5; depth += 1) {
    if (typeof each !== 'object' || each === null) return undefined;
    if (fits(each)) return each;
    each = (each as Error).cause ?? (each as AggregateError).errors?.[0];
  }
  return undefined;
}

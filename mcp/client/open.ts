/** Connects to the server of a call, with retries: it may be starting, or unavailable for a moment. */
import { SdkHttpError, UnauthorizedError } from '@modelcontextprotocol/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { ForbiddenAddress } from '../../security/remote/request.ts';
import type { McpAnswers } from '../../tools/mcp-spool.ts';
import type { McpConnection } from './connection.ts';
import { codeOf, findCause } from './outcome.ts';
import type { WireProgress } from './wire.ts';

export interface CallOptions {
  /** @throws what `connect` throws */
  open(onProgress: (progress: WireProgress) => void): Promise<McpConnection>;
  tool: string;
  input: unknown;
  /** As its server wrote it. */
  schema: Record<string, unknown>;
  /** The call is made as a task if the server offers tasks of protocol 2025-11-25. */
  asTask?: true;
  idempotency_key: string;
  /** Marks the progress of this call: a connection may carry others. */
  token: string;
  /** Id of the task that an earlier attempt began. It is followed, and no new call is made. */
  task?: string;
  /** The last note that an earlier attempt reported of the task. */
  said?: string;
  /** People's answers to the questions of an earlier attempt. */
  answers?: McpAnswers;
  /** The task is to be cancelled instead of followed. */
  cancels?: true;
  /** Aborts when the call is cancelled. */
  signal: AbortSignal;
  /** Called with each progress notification in the server's order, and before the outcome. */
  onProgress(progress: WireProgress): void;
  /** Called with the id of the task once the server has made the call a task. A later attempt continues with it. */
  began(task: string): Promise<void>;
  /** Called once the server has received the cancellation of the task. */
  withdrawn(): Promise<void>;
  /** How long a server may be unreachable before the call is given up. Milliseconds; default 20 seconds, for a task 5 minutes. */
  patience_ms?: number;
  /** Called before another attempt if the server did not receive the call: the connection cannot be used again. */
  notReceived?(): void;
}

export const PATIENCE_MS = 20_000;

/** The longest delay of a timer. The call's own timeout ends the request. */
export const NO_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Retries for `patience_ms`, since the server has received nothing yet.
 * @throws what `open` threw last
 */
export async function openPatiently({
  open,
  onProgress,
  token,
  signal,
  patience_ms = PATIENCE_MS,
}: Pick<
  CallOptions,
  'open' | 'onProgress' | 'token' | 'signal' | 'patience_ms'
>): Promise<McpConnection> {
  const giveUp = performance.now() + patience_ms;
  for (let pause_ms = 250; ; pause_ms = Math.min(pause_ms * 2, 4_000)) {
    try {
      return await open((progress) => {
        if (progress.token === token) onProgress(progress);
      });
    } catch (error) {
      const isOver = performance.now() + pause_ms > giveUp;
      if (signal.aborted || isOver || isPermanent(error)) throw error;
      await sleep(pause_ms, undefined, { signal });
    }
  }
}

/** Whether another attempt to connect would fail in the same way. */
export function isPermanent(error: unknown): boolean {
  const status = error instanceof SdkHttpError ? error.status : undefined;
  return (
    error instanceof UnauthorizedError ||
    findCause(error, (cause) => cause instanceof ForbiddenAddress) !== undefined ||
    ['ENOENT', 'EACCES'].includes(codeOf(error) ?? '') ||
    (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429)
  );
}

/** Connects to the server of a call, with patience: it may be starting, or away for a moment. */
import { SdkHttpError, UnauthorizedError } from '@modelcontextprotocol/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { ForbiddenAddress } from '../../security/remote/request.ts';
import type { McpAnswers } from '../../tools/mcp-spool.ts';
import type { McpConnection } from './connection.ts';
import { codeOf, findCause } from './outcome.ts';
import type { WireProgress } from './wire.ts';

export interface CallOptions {
  /** @throws what `connect` throws */
  open(heard: (progress: WireProgress) => void): Promise<McpConnection>;
  tool: string;
  input: unknown;
  /** As its server wrote it. */
  schema: Record<string, unknown>;
  /** A server of protocol 2025-11-25 that can is asked to make the call a task. */
  asTask?: true;
  idempotency_key: string;
  /** Marks the progress of this call: a connection may carry others. */
  token: string;
  /** A task that was begun before, in place of a new call. */
  task?: string;
  /** What was reported of it last, to an earlier attempt. */
  said?: string;
  /** What people have answered to an earlier attempt. */
  answers?: McpAnswers;
  /** The task is no longer wanted. */
  cancels?: true;
  /** Aborts when the call is cancelled. */
  signal: AbortSignal;
  /** In the order in which the server sent it, all of it before the outcome. */
  heard(progress: WireProgress): void;
  /** Called once the server has made the call a task: from here on it can be found again. */
  began(task: string): Promise<void>;
  /** Called once the server has been told that the task is no longer wanted. */
  withdrawn(): Promise<void>;
  /** How long a server may be out of reach before the call is given up. Milliseconds; default 20 seconds. */
  patience_ms?: number;
  /** Called before another attempt: the connection is of no use. */
  unseen?(): void;
}

export const PATIENCE_MS = 20_000;

/** Tries again for a while: nothing has reached the server yet. */
export async function openPatiently({
  open,
  heard,
  token,
  signal,
  patience_ms = PATIENCE_MS,
}: Pick<
  CallOptions,
  'open' | 'heard' | 'token' | 'signal' | 'patience_ms'
>): Promise<McpConnection> {
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

/** Whether to try again is of no use. */
export function isHopeless(error: unknown): boolean {
  const status = error instanceof SdkHttpError ? error.status : undefined;
  return (
    error instanceof UnauthorizedError ||
    findCause(error, (cause) => cause instanceof ForbiddenAddress) !== undefined ||
    ['ENOENT', 'EACCES'].includes(codeOf(error) ?? '') ||
    (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429)
  );
}

import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { CallFailed } from './call-failed.ts';
import { raceAbort } from './race-abort.ts';

/** Nobody is left to tell: the conversation has closed. */
export class ConversationGone extends Error {
  override name = 'ConversationGone';
}

/**
 * Sends until it has arrived, with growing pauses while the server is away. It may arrive twice; events have numbers for that.
 * @param signal ends the attempts
 * @throws ConversationGone; CallFailed `NotDelivered` when the server will never take it; the signal's reason
 */
export async function deliver(send: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let pause_ms = FIRST_PAUSE_MS; ; pause_ms = Math.min(2 * pause_ms, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      return await raceAbort(send(), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof WorkflowNotFoundError) throw new ConversationGone();
      if (!isTransient(error)) {
        throw new CallFailed('NotDelivered', `An event could not be told: ${describe(error)}.`);
      }
    }
    await raceAbort(sleep(pause_ms, undefined, { ref: false }), signal);
  }
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL and UNAVAILABLE, as gRPC numbers them. */
const TRANSIENT = new Set([1, 2, 4, 8, 10, 13, 14]);

function isTransient(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return TRANSIENT.has(cause.code);
  }
  return false;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

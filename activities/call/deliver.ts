import { isGrpcServiceError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { CallFailed } from './call-failed.ts';
import { retryWithBackoff } from '../retry-with-backoff.ts';

/** The conversation has closed, so the event has no recipient. */
export class ConversationGone extends Error {
  override name = 'ConversationGone';
}

/**
 * Sends an event, and retries with a growing backoff while the server is unreachable. The event may arrive twice; its number shows
 * that.
 * @param signal ends the attempts
 * @throws ConversationGone; CallFailed `NotDelivered` when the server will never accept it; the signal's reason
 */
export async function deliver(send: () => Promise<void>, signal: AbortSignal): Promise<void> {
  await retryWithBackoff(send, signal, (error) => {
    if (error instanceof WorkflowNotFoundError) throw new ConversationGone();
    if (!isTransient(error)) {
      throw new CallFailed('NotDelivered', `An event could not be delivered: ${describe(error)}.`);
    }
  });
}

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

/** Waits until a Temporal server is usable, which is checked in the way that clients use it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, isGrpcServiceError } from '@temporalio/client';

export interface WantedServer {
  /** host:port */
  address: string;
  namespace: string;
  timeoutMs: number;
  /** `create` makes a missing namespace, which only the owner of a server should do. */
  ifNoNamespace: 'create' | 'refuse';
  signal?: AbortSignal;
}

/** The message is complete: show it and stop. */
export class TemporalUnusable extends Error {
  override name = 'TemporalUnusable';
}

/** @throws TemporalUnusable when no server answers in time or the namespace is missing. */
export async function waitForTemporal(wanted: WantedServer): Promise<void> {
  const { address, timeoutMs, signal } = wanted;
  const deadline = performance.now() + timeoutMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(wanted, Math.min(ATTEMPT_MS, timeoutMs));
    } catch (error) {
      if (error instanceof TemporalUnusable) throw error;
      if (performance.now() >= deadline && attempt >= FEWEST_ATTEMPTS) {
        throw new TemporalUnusable(
          `No Temporal server answers at ${address} (waited ${timeoutMs / 1_000} s).`,
          { cause: error },
        );
      }
    }
    await sleep(25, undefined, { signal });
  }
}

/** Short, and each with its own connection: gRPC would wait longer between attempts. */
const ATTEMPT_MS = 2_000;
/** A busy process may reach the deadline without having read an answer that has arrived, so one attempt proves nothing. */
const FEWEST_ATTEMPTS = 3;

/** gRPC status codes. */
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;

async function ask(
  { address, namespace, ifNoNamespace }: WantedServer,
  attemptMs: number,
): Promise<void> {
  const connection = Connection.lazy({
    address,
    connectTimeout: attemptMs,
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 100 },
  });
  try {
    await connection.ensureConnected();
    await connection.withDeadline(Date.now() + attemptMs, async () => {
      const found = await connection.workflowService
        .describeNamespace({ namespace })
        .catch(undefinedOn(NOT_FOUND));
      if (found) return;
      if (ifNoNamespace === 'refuse') {
        throw new TemporalUnusable(
          `The Temporal server at ${address} has no namespace "${namespace}". Create it there, or set TEMPORAL_NAMESPACE to one that it has.`,
        );
      }
      await createNamespace(connection, namespace);
      throw new Error('the namespace has just been created and is not visible yet');
    });
  } finally {
    await connection.close();
  }
}

async function createNamespace({ workflowService }: Connection, namespace: string): Promise<void> {
  const workflowExecutionRetentionPeriod = { seconds: 24 * 3_600 } as never;
  await workflowService
    .registerNamespace({ namespace, workflowExecutionRetentionPeriod })
    .catch(undefinedOn(ALREADY_EXISTS));
}

function undefinedOn(code: number) {
  return (error: unknown): undefined => {
    const given: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
    if (given !== code) throw error;
  };
}

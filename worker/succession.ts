/** Lets the worker processes of one home hand over unfinished work to each other, so that it need not wait for timeouts. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { handOver } from './handover.ts';
import { type InHand, type Journal, openJournal } from './journal.ts';
import { journalled } from './journalled.ts';
import { watchSiblings } from './siblings.ts';
import { bootId } from '../tools/process-identity.ts';

export interface Succession {
  /** The identity by which Temporal knows this process: no other process ever has it. */
  identity: string;
  interceptor: ActivityInterceptorsFactory;
  /** Call when no activity runs. If one still runs, it is left to the next process. */
  close(): Promise<void>;
}

/** Looks for dead processes at once, and regularly from then on. */
export async function joinSuccession({
  home,
  namespace,
  client,
  takenOver,
  warn,
}: {
  home: string;
  namespace: string;
  client: Client;
  /** Called with the work that has been handed over to all living workers. */
  takenOver(work: InHand[]): void;
  warn(message: string, error: unknown): void;
}): Promise<Succession> {
  const folder = join(home, 'workers');
  const identity = `${process.pid}@${hostname()}-${randomUUID().slice(0, 8)}`;
  const boot = await bootId();
  let journal: Journal;
  try {
    journal = openJournal(folder, { identity, namespace, boot }, warn);
  } catch (error) {
    // Some network drives do not support locks.
    warn(
      `Cannot keep a journal in ${folder}: if this process is killed, its work waits for timeouts.`,
      error,
    );
    return { identity, interceptor: () => ({}), close: async () => {} };
  }
  const siblings = watchSiblings(
    folder,
    journal,
    async (left) => takenOver((await handOver(client, left)).activities),
    warn,
  );
  return {
    identity,
    interceptor: journalled(journal),
    async close() {
      await siblings.close();
      journal.close();
    },
  };
}

/**
 * The only ways into the log. There are two of them:
 *
 * - A local activity writes before this task is committed. If the worker dies in between, the task runs again and may
 *   decide otherwise: hence the fence, which only grows, and by which the store replaces what was written in vain. Where the
 *   fence cannot tell, the same batch is written by an ordinary activity, which only a commit schedules: see `writeNow`.
 * - What only starts a reply rides on it: the reply's activity writes it first of all (activities/record.ts), so that the
 *   model need not wait for two activities. It is scheduled by the commit, so this is never in vain, but it may come late,
 *   or never if the reply is stopped first. So until it is known to be written, every other write begins with it.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  type ActivityOptions,
  proxyActivities,
  proxyLocalActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Batch, Fence, Written } from '../contract/batch.ts';
import type { Entry, EntryKind } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { Decision } from '../conversation/event.ts';
import { headOf } from '../conversation/head.ts';

export interface Log {
  /**
   * Writes what was decided.
   * @returns `riding`: what has to be given to the reply that is started, instead of having been written
   */
  write(decided: Decision): Promise<Written & { riding?: Batch }>;
  /** The reply on which it rode has written it. */
  isWritten(this: void, batch: Batch): void;
  /** The last entries, as far as it is not known that they are written. */
  unwritten(): Entry[];
}

const options = {
  startToCloseTimeout: '10s',
  retry: { initialInterval: '50ms', backoffCoefficient: 2, maximumInterval: '2500ms' },
} satisfies ActivityOptions;

const { record } = proxyLocalActivities<Activities>(options);
const { recordCommitted } = proxyActivities<Activities>(options);

/** @param unwritten of the run before */
export function createLog(conversation: ConversationKey, run: number, unwritten: Entry[]): Log {
  return {
    async write(decided) {
      if (decided.entries.length === 0) return {};
      const entries = [...unwritten, ...decided.entries];
      const head = headOf(decided.state);
      const batch = { conversation, fence: fenceOf(run), base: entries[0]!.seq, entries, head };
      if (rides(decided)) {
        unwritten = entries;
        return { riding: batch };
      }
      const written = await writeNow(batch);
      unwritten = [];
      return written;
    },
    isWritten({ entries }) {
      const last = entries.at(-1)!.seq;
      unwritten = unwritten.filter(({ seq }) => seq > last);
    },
    unwritten: () => unwritten,
  };
}

/**
 * Only what does nothing but start a reply may wait for it. What ends something is urgent: a reply that is interrupted has
 * to fall silent now, a reader has to know now that something is over, and no other effect may come before its entries.
 */
const RIDING: ReadonlySet<EntryKind> = new Set(['message.user', 'call.event', 'reply.started']);

const rides = ({ entries, effects }: Decision) =>
  effects.length === 1 &&
  effects[0]!.type === 'start_reply' &&
  entries.every(({ kind }) => RIDING.has(kind));

/** The workflow's clock stands still within a task: it says when the task began. */
function fenceOf(run: number): Fence {
  const { historyLength: length, continuedFromExecutionRunId: continued_from } = workflowInfo();
  return { run, length, at: Date.now(), ...(continued_from && { continued_from }) };
}

/**
 * A write that outlasts its task is carried into the next one. Should that be lost with its worker, the write has left no
 * mark in the history, and is done again in replay: with the fence of a task that has long been committed, under which it may
 * be refused, or taken and then replaced by a worker that was paused. Such a write, and any that is refused, waits for the
 * commit instead: a worker that was replaced never gets that far.
 */
async function writeNow(batch: Batch): Promise<Written> {
  const summary = batch.entries
    .map(({ seq, kind }) => `${seq} ${kind}`)
    .join(', ')
    .slice(0, 200);
  const { isReplaying } = workflowInfo().unsafe;
  try {
    const asked = { ...batch, replayed: isReplaying };
    return (await record.executeWithOptions({ ...options, summary }, [asked])) ?? {};
  } catch (error) {
    if (!isStale(error)) throw failedWrite(batch, error);
    return recordCommitted.executeWithOptions({ ...options, summary }, [batch]).then(
      (written) => written ?? {},
      (cause: unknown) => {
        throw failedWrite(batch, cause);
      },
    );
  }
}

/** A plain error fails the task and not the conversation, and is seen in the Temporal UI. */
const failedWrite = ({ base }: Batch, cause: unknown) =>
  new Error(`The log refused entry ${base}: ${String(cause)}`, { cause });

/** A local activity fails plainly where it ran, and within an ActivityFailure where that is read from the history. */
const isStale = (error: unknown) => {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof ApplicationFailure && failure.type === 'StaleFence';
};

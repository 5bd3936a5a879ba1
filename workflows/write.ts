/**
 * The only two ways into the log:
 *
 * - A local activity writes before this task is committed. If the worker dies in between, the task runs again and may decide
 *   differently. Hence the fence, which only grows: the store uses it to replace what was written by a task that was never
 *   committed. If the fence cannot tell, an ordinary activity writes the same batch; only a commit schedules it: see `writeNow`.
 * - A decision that only starts a reply, or interrupts one for it, rides on that reply: its activity writes the entries first
 *   (activities/log/record.ts), so that the model need not wait for two activities. The commit schedules that activity, so it never writes what was not committed. But
 *   it may write late, or never if the reply is stopped first. Until it is known to be written, every other write begins with it.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  type ActivityOptions,
  patched,
  proxyActivities,
  proxyLocalActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Batch, Fence, BatchOutcome } from '../contract/batch.ts';
import type { Entry, EntryKind } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { Decision } from '../conversation/event.ts';
import { headOf } from '../conversation/head.ts';

export interface Log {
  /**
   * Writes the entries of a decision.
   * @param fromUpdate an update is among what was decided on
   * @returns `riding`: what has to be given to the reply that is started, if nothing was written here
   */
  writeNowOrWithReply(
    decided: Decision,
    fromUpdate: boolean,
  ): Promise<BatchOutcome & { riding?: Batch }>;
  /** The reply that carried the batch has written it. */
  isWritten(this: void, batch: Batch): void;
  /** The last entries that are not known to be written. */
  unwritten(): Entry[];
}

/** Patch: interruptions that were written by a local activity continue as they did. */
const INTERRUPTION_RIDES = 'an interruption rides on the next reply';

/** Patch: decisions by update that were written by a local activity continue as they did. */
const UPDATES_COMMITTED = 'what an update decides is written when it is committed';

const options = {
  startToCloseTimeout: '10s',
  retry: { initialInterval: '50ms', backoffCoefficient: 2, maximumInterval: '2500ms' },
} satisfies ActivityOptions;

const { record } = proxyLocalActivities<Activities>(options);
const { recordCommitted } = proxyActivities<Activities>(options);

/** @param unwritten from the previous run */
export function createLog(conversation: ConversationKey, run: number, unwritten: Entry[]): Log {
  return {
    async writeNowOrWithReply(decided, fromUpdate) {
      if (decided.entries.length === 0) return {};
      const entries = [...unwritten, ...decided.entries];
      const head = headOf(decided.state);
      const batch = { conversation, fence: fenceOf(run), base: entries[0]!.seq, entries, head };
      if (rides(decided)) {
        unwritten = entries;
        return { riding: batch };
      }
      const written = await (fromUpdate && patched(UPDATES_COMMITTED)
        ? writeCommitted(batch)
        : writeNow(batch));
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
 * Only a decision that does nothing but start a reply may wait for it, or one that also interrupts the reply before. The interrupted
 * reply speaks until the entries are written, which is when the next one begins; its activity is cancelled as well. Readers have to know
 * now of any other end, and no other effect may come before its entries.
 */
const RIDING: ReadonlySet<EntryKind> = new Set(['message.user', 'call.event', 'reply.started']);

function rides({ entries, effects }: Decision): boolean {
  const last = effects.at(-1);
  if (last?.kind !== 'start_reply') return false;
  const others = effects.slice(0, -1);
  const rest = entries.filter(({ kind }) => !RIDING.has(kind));
  if (others.length === 0 && rest.length === 0) return true;
  return (
    others.every(({ kind }) => kind === 'stop_reply') &&
    rest.every(({ kind }) => kind === 'reply.interrupted') &&
    patched(INTERRUPTION_RIDES)
  );
}

/** Within a task, the workflow's clock stands still at the time the task began. */
function fenceOf(run: number): Fence {
  const { historyLength: length, continuedFromExecutionRunId: continued_from } = workflowInfo();
  return { run, length, at: Date.now(), ...(continued_from && { continued_from }) };
}

/**
 * A write that outlasts its task is carried into the next one. If that task is lost with its worker, the history has no trace of
 * the write, and replay repeats it with the fence of a task committed long ago. With that fence it may be refused, or be accepted
 * and then replaced by a worker that was paused. Such a write, and any that is refused, therefore waits for the commit: a worker
 * that was replaced never gets that far.
 */
async function writeNow(batch: Batch): Promise<BatchOutcome> {
  const { isReplaying } = workflowInfo().unsafe;
  try {
    const asked = { ...batch, replayed: isReplaying };
    const written = await record.executeWithOptions({ ...options, summary: summaryOf(batch) }, [
      asked,
    ]);
    return written ?? {};
  } catch (error) {
    if (!isStale(error)) throw failedWrite(batch, error);
    return writeCommitted(batch);
  }
}

/**
 * The server keeps the task of an update only in memory until it is completed. If it crashes while a local activity of that task
 * is under way, the SDK takes the next task for the same one, and what comes with it is never heard. So nothing that an update
 * decides is written by a local activity.
 */
async function writeCommitted(batch: Batch): Promise<BatchOutcome> {
  try {
    const written = await recordCommitted.executeWithOptions(
      { ...options, summary: summaryOf(batch) },
      [batch],
    );
    return written ?? {};
  } catch (cause) {
    throw failedWrite(batch, cause);
  }
}

const summaryOf = ({ entries }: Batch) =>
  entries
    .map(({ seq, kind }) => `${seq} ${kind}`)
    .join(', ')
    .slice(0, 200);

/** A plain error fails the task and not the conversation, and shows in the Temporal UI. */
const failedWrite = ({ base }: Batch, cause: unknown) =>
  new Error(`The log refused entry ${base}: ${String(cause)}`, { cause });

/** A local activity's failure is plain in the task that ran it, and wrapped in an ActivityFailure when read from the history. */
const isStale = (error: unknown) => {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof ApplicationFailure && failure.type === 'StaleFence';
};

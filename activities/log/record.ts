import { isDeepStrictEqual } from 'node:util';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Batch, ResetOrigin, BatchOutcome } from '../../contract/batch.ts';
import { isCutShort, withTexts } from '../../contract/cut-short.ts';
import type { Entry } from '../../contract/entry.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { Appended, DraftStart, Recorded, RecordOptions, Store } from '../../store/store.ts';
import type { Bus } from '../../stream/bus.ts';
import { newsOf } from '../../stream/news.ts';
import type { KnownLogs } from './known-logs.ts';

export interface RecordDependencies {
  store: Pick<Store, 'record'>;
  bus: Bus;
  /** Notified of every write. Default: nothing is remembered. */
  logs?: KnownLogs;
  /** Whether Temporal considers this run the current one: an operator's reset ends one run and makes another. */
  isCurrentRun(conversation: ConversationKey, runId: string): Promise<boolean>;
  originOf(conversation: ConversationKey, runId: string): Promise<ResetOrigin>;
  /** Whether Temporal ended this run before it had completed, as a reset does. */
  isTerminated(conversation: ConversationKey, runId: string): Promise<boolean>;
}

/**
 * Writes a batch of entries to the log and notifies the readers. A local activity: it runs at once, before the task that asked
 * for it is committed; the fence in the batch settles which task was right.
 * @param replayed the workflow was replaying when it asked: the fence is that of a task which was committed without this write
 * @throws ApplicationFailure `StaleFence` when a later task has written already, or may have; or when another run holds the log
 */
export function createRecord(dependencies: Pick<RecordDependencies, 'store' | 'bus' | 'logs'>) {
  return async function record({
    replayed,
    ...batch
  }: Batch & { replayed: boolean }): Promise<BatchOutcome | undefined> {
    const recorded = replayed ? undefined : await write(dependencies, batch);
    if (recorded?.outcome !== 'recorded') {
      throw ApplicationFailure.nonRetryable(
        'A later workflow task may have written to the log.',
        'StaleFence',
      );
    }
    return whatWasWritten(recorded);
  };
}

/**
 * Writes a batch that is certain: whatever fence or run wrote before, it stands from now on. Not a local activity.
 * @throws ApplicationFailure `Superseded` when this run has been ended
 */
export function createRecordCommitted(dependencies: RecordDependencies) {
  return async function recordCommitted(batch: Batch): Promise<BatchOutcome | undefined> {
    const recorded = await settle(dependencies, batch, await write(dependencies, batch, COMMITTED));
    switch (recorded.outcome) {
      case 'recorded':
        return whatWasWritten(recorded);
      case 'closed':
        return { closed: true };
      default:
        throw ApplicationFailure.nonRetryable('Another run has replaced this one.', 'Superseded');
    }
  };
}

const COMMITTED = { committed: true };

function whatWasWritten({
  said,
  reset,
}: Recorded & { outcome: 'recorded' }): BatchOutcome | undefined {
  const hasWords = Object.keys(said).length > 0;
  if (!hasWords && !reset) return undefined;
  return { ...(hasWords && { said }), ...(reset && { reset }) };
}

/**
 * Writes the batch that came with the request for a reply (workflows/write.ts). Both were committed together, so the batch may be
 * written late but is never lost: while the reply is wanted, whatever a later task wrote began with these entries.
 * @param begins the draft of the reply, begun in the same statement if possible
 * @param before the entries just before the batch, if they were read
 * @returns `entries`: the batch as it stands in the log, with the texts of replies that it cut short. Undefined when these entries are not
 * in the log, so the reply is no longer wanted
 */
export async function recordWithReply(
  dependencies: RecordDependencies & { store: Pick<Store, 'window'> },
  batch: Batch,
  { begins, before }: { begins?: DraftStart; before?: Entry[] } = {},
): Promise<(BatchOutcome & { entries: Entry[]; appended?: Appended }) | undefined> {
  const first = await write(dependencies, batch, begins && { begins }, before);
  const recorded = await settle(dependencies, batch, first);
  if (recorded.outcome === 'recorded') {
    const { appended, said } = recorded;
    const entries = withTexts(batch.entries, said);
    return { ...whatWasWritten(recorded), entries, ...(appended && { appended }) };
  }
  if (recorded.outcome !== 'refused') return undefined;
  const { conversation, base, entries } = batch;
  const range = { from: base, to: base + entries.length - 1 };
  const standing = await dependencies.store.window(conversation, range);
  const texts = standing.filter(isCutShort).map(({ reply_id, text = '' }) => [reply_id, text]);
  const stands = isDeepStrictEqual(standing, withTexts(entries, Object.fromEntries(texts)));
  return stands ? { entries: standing } : undefined;
}

/**
 * The current run takes over a log that another run holds. Temporal alone says which run is current, since it alone decides what
 * happens next.
 */
async function settle(
  dependencies: RecordDependencies,
  batch: Batch,
  recorded: Recorded,
): Promise<Recorded> {
  if (recorded.outcome !== 'other_run') return recorded;
  const { conversation } = batch;
  const runId = ownRunId()!;
  if (!(await dependencies.isCurrentRun(conversation, runId))) return recorded;
  const origin = await dependencies.originOf(conversation, runId);
  const takeOver = (takes_over: ResetOrigin) =>
    write(dependencies, batch, { ...COMMITTED, takes_over });
  const taken = await takeOver(origin);
  if (taken.outcome !== 'closed' || taken.by === undefined) return taken;
  // The last write of that run was never committed, and messages that arrived after it wait in this run.
  const isCutOff = await dependencies.isTerminated(conversation, taken.by);
  return isCutOff ? takeOver({ ...origin, cut_off: taken.by }) : taken;
}

/** The run whose activity this is. Not part of the batch: a reset copies the history, but not this. */
export const ownRunId = () => Context.current().info.workflowExecution?.runId;

async function write(
  { store, bus, logs }: Pick<RecordDependencies, 'store' | 'bus' | 'logs'>,
  batch: Batch,
  options?: RecordOptions,
  before?: Entry[],
): Promise<Recorded> {
  const run_id = ownRunId();
  const fence = { ...batch.fence, ...(run_id !== undefined && { run_id }) };
  const recorded = await store.record({ ...batch, fence }, options);
  const said = recorded.outcome === 'recorded' ? recorded.said : {};
  const written = { ...batch, entries: withTexts(batch.entries, said) };
  logs?.wrote(written, recorded, before);
  if (recorded.outcome !== 'recorded') return recorded;
  for (const reply_id of Object.keys(recorded.said)) {
    bus.publish(batch.conversation, { type: 'stop', reply_id });
  }
  bus.publish(batch.conversation, newsOf(written, recorded));
  return recorded;
}

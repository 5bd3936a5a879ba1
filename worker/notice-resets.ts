/** Signals a conversation that an operator has reset it: the workflow itself cannot know (workflows/notice-reset.ts). */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { InjectedSinks } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';
import { retryWithBackoff } from '../activities/retry-with-backoff.ts';
import { type ConversationKey, SIGNALS } from '../contract/names.ts';
import type { ResetSignal } from '../contract/signals.ts';
import type { Store } from '../store/store.ts';
import type { ConversationSinks } from '../workflows/notice-reset.ts';
import { originOf } from './runs.ts';

export interface ResetNotices {
  sinks: InjectedSinks<ConversationSinks>;
  close(): Promise<void>;
}

export function createResetNotices({
  client,
  store,
  warn,
}: {
  client: Client;
  store: Pick<Store, 'writer'>;
  warn(message: string, facts: object): void;
}): ResetNotices {
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();

  /** Retries until it succeeds, the run is gone or the worker closes: until then the log contains entries that no longer hold. */
  function notice(run: WorkflowInfo, conversation: ConversationKey): void {
    let isWarned = false;
    const looking = retryWithBackoff(
      () => look(run, conversation),
      closing.signal,
      (error) => {
        if (isGone(error)) throw error;
        if (!isWarned) warn(FAILED, { workflow: run.workflowId, error });
        isWarned = true;
      },
    )
      .catch(unlessEnded)
      .finally(() => underWay.delete(looking));
    underWay.add(looking);
  }

  function unlessEnded(error: unknown): void {
    if (!isGone(error) && !closing.signal.aborted) throw error;
  }

  async function look(run: WorkflowInfo, conversation: ConversationKey): Promise<void> {
    const { workflowId, runId, continuedFromExecutionRunId } = run;
    const held = await store.writer(conversation);
    if (held?.run_id === undefined) return;
    if (held.run_id === runId || held.run_id === continuedFromExecutionRunId) return;
    const handle = client.workflow.getHandle(workflowId, runId);
    const { reason } = await originOf(client, workflowId, runId);
    const { last_seq: had, calls } = held;
    const reset: ResetSignal = { run_id: runId, had, calls, ...(reason && { reason }) };
    // Signals only this run: if it has been ended meanwhile, it need not know.
    await handle.signal(SIGNALS.reset, reset).catch(unlessOver);
  }

  return {
    sinks: { conversation: { isReset: { fn: notice, callDuringReplay: true } } },
    async close() {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}

const FAILED = 'The check whether an operator has reset a conversation failed. Retrying.';

/** Temporal no longer has the run, so no conversation is left to notify. */
const isGone = (error: unknown) =>
  error instanceof WorkflowNotFoundError || (error as { code?: unknown }).code === NOT_FOUND;

/** The gRPC status code. */
const NOT_FOUND = 5;

function unlessOver(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

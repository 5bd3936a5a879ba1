/** Tells a conversation that an operator has reset it: it cannot find out on its own (workflows/notice-reset.ts). */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { InjectedSinks } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';
import { insist } from '../activities/insist.ts';
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
}: {
  client: Client;
  store: Pick<Store, 'writer'>;
}): ResetNotices {
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();

  /** Retries while the store or Temporal is unavailable: until then the log contains what is no longer true. */
  function notice(run: WorkflowInfo, conversation: ConversationKey): void {
    const looking = insist(
      () => look(run, conversation),
      closing.signal,
      () => {},
    )
      .catch(() => {})
      .finally(() => underWay.delete(looking));
    underWay.add(looking);
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
    // Only to this run: one that has been ended meanwhile need not know.
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

function unlessOver(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

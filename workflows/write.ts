/** The only way into the log. */
import {
  type LocalActivityOptions,
  proxyLocalActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Entry } from '../contract/entry.ts';
import type { Head } from '../contract/head.ts';
import type { ConversationKey } from '../contract/names.ts';

const options = {
  startToCloseTimeout: '10s',
  retry: { initialInterval: '50ms', backoffCoefficient: 2, maximumInterval: '5s' },
} satisfies LocalActivityOptions;

const { record } = proxyLocalActivities<Activities>(options);

/**
 * Writes entries before this task is committed. If the worker dies in between, the task runs again and may decide
 * otherwise: hence the fence, which only grows, and by which the store replaces what was written in vain.
 */
export async function write(
  conversation: ConversationKey,
  run: number,
  entries: Entry[],
  head: Head,
): Promise<void> {
  const fence = { run, length: workflowInfo().historyLength };
  try {
    const summary = entries.map(({ seq, kind }) => `${seq} ${kind}`).join(', ');
    const batch = { conversation, fence, base: entries[0]!.seq, entries, head };
    await record.executeWithOptions({ ...options, summary: summary.slice(0, 200) }, [batch]);
  } catch (error) {
    // A plain error fails the task and not the conversation: a worker that was replaced must not go on, and one that
    // wrongly believes so is seen in the Temporal UI.
    throw new Error(`The log refused entry ${entries[0]!.seq}: ${String(error)}`, { cause: error });
  }
}

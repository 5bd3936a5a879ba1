import type { WorkflowHandle } from '@temporalio/client';

/** `temporal.api.enums.v1.EventType` */
const WORKFLOW_TASK_STARTED = 6;
const SIGNALED = 26;

/** Whether the history has that many signals, and a task has begun that sees the last of them. */
export async function isHeard(
  handle: Pick<WorkflowHandle, 'fetchHistory'>,
  signals: number,
): Promise<boolean> {
  const kinds = (await handle.fetchHistory()).events!.map(({ eventType }) => Number(eventType));
  return (
    kinds.filter((kind) => kind === SIGNALED).length === signals &&
    kinds.slice(kinds.lastIndexOf(SIGNALED)).includes(WORKFLOW_TASK_STARTED)
  );
}

import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { callWorkflowId } from '../contract/names.ts';

/** `temporal.api.enums.v1.PendingActivityState` */
const STARTED = 2;

/** `started`: a worker runs the tool of the call; `over`: the call's workflow has ended or does not exist; `waiting`: neither. */
export async function callState(
  client: Pick<Client, 'workflow'>,
  { conversation, call_id }: { conversation: { tenant: string }; call_id: string },
): Promise<'waiting' | 'started' | 'over'> {
  try {
    const handle = client.workflow.getHandle(callWorkflowId(conversation.tenant, call_id));
    const { status, raw } = await handle.describe();
    if (status.name !== 'RUNNING') return 'over';
    const runs = raw.pendingActivities?.some(
      ({ activityType, state }) => activityType?.name === 'runTool' && Number(state) === STARTED,
    );
    return runs ? 'started' : 'waiting';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'over';
    throw error;
  }
}

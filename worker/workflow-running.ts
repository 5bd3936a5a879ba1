import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/** False when the workflow has ended, for any reason, or does not exist. */
export async function isWorkflowRunning(
  client: Pick<Client, 'workflow'>,
  workflowId: string,
): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

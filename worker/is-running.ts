import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/** False: the workflow has ended, in whatever way, or is not there (any more). */
export async function isRunning(
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

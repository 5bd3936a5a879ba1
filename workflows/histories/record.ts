/**
 * Records the stories' histories anew: `npm run histories`. Do it when workflow code changes so that old histories no longer
 * replay and no such conversation can be running any more; until then the old ones stay as the proof that it is compatible.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { callWorkflowId } from '../../contract/names.ts';
import { createRig } from '../../testing/rig.ts';
import { startTestTemporal } from '../../testing/temporal.ts';
import { registerSearchAttributes } from '../../worker/search-attributes.ts';
import { stories } from './stories.ts';

const folder = new URL('./', import.meta.url);
await mkdir(folder, { recursive: true });
const temporal = await startTestTemporal(console.log);
const rig = await createRig(temporal.address);
await registerSearchAttributes(rig.client.connection, 'default');
await rig.startWorker();

/** Every run of a workflow, oldest first. */
async function runsOf(workflowId: string): Promise<string[]> {
  const runs: { runId: string; at: Date }[] = [];
  for await (const { runId, startTime } of rig.client.workflow.list({
    query: `WorkflowId = '${workflowId}'`,
  })) {
    runs.push({ runId, at: startTime });
  }
  return runs.toSorted((a, b) => a.at.getTime() - b.at.getTime()).map(({ runId }) => runId);
}

for (const [name, play] of Object.entries(stories)) {
  const { conversation, calls } = await play(rig);
  const workflowIds = [
    conversation.handle.workflowId,
    ...calls.map((id) => callWorkflowId('default', id)),
  ];
  for (const workflowId of workflowIds) {
    for (const [run, runId] of (await runsOf(workflowId)).entries()) {
      const history = await rig.client.workflow.getHandle(workflowId, runId).fetchHistory();
      const file = `${name}.${workflowId.split('/')[0]}-${workflowIds.indexOf(workflowId)}.run-${run}.json`;
      await writeFile(new URL(file, folder), `${historyToJSON(history)}\n`);
      console.log(`${file}: ${history.events?.length} events`);
    }
  }
}
await rig.close();
await temporal.close();

/**
 * Records the histories of stories that have none yet: `npm run histories`. Existing histories stay as the proof that running
 * conversations go on with today's code. `npm run histories -- NAME…` records these again: when old histories no longer replay, and
 * no conversation with such a history can still be running. Those whose name begins with `was` have no story: only earlier code wrote
 * such histories.
 */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { callWorkflowId } from '../../contract/names.ts';
import { createRig } from '../kit/rig.ts';
import { startTestTemporal } from '../kit/temporal.ts';
import { registerSearchAttributes } from '../../worker/search-attributes.ts';
import { callStories, played } from './call-stories.ts';
import { conversationStories } from './conversation-stories.ts';

const stories = { ...conversationStories, ...callStories };
const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter((name) => !(name in stories));
if (unknown.length > 0) {
  console.error(`No such story: ${unknown.join(', ')}. There are: ${Object.keys(stories).join(', ')}.`);
  process.exit(2);
}

const folder = new URL('./', import.meta.url);
const recorded = (await readdir(folder)).filter((file) => file.endsWith('.json'));
const filesOf = (name: string) => recorded.filter((file) => file.startsWith(`${name}.`));
const wanted =
  positionals.length > 0
    ? positionals
    : Object.keys(stories).filter((name) => filesOf(name).length === 0);
const temporal = await startTestTemporal(console.log);
const rig = await createRig(temporal.address);
await registerSearchAttributes(rig.client.connection, 'default');
await rig.startWorker(played);

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

for (const name of wanted) {
  const { conversation, calls } = await stories[name]!(rig);
  for (const file of filesOf(name)) await rm(new URL(file, folder));
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

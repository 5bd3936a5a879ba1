import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';

const stage = useStage({ MEANWHILE_GRACE_MS: '100' });
let gates: Gates;
beforeAll(async () => void (gates = await startGates()));
afterAll(() => gates.close());

test('the Temporal UI shows why the agent spoke, the state of each conversation, and which ones are working', async () => {
  const { model, workflows } = stage;
  const { id, log, replied, post } = await stage.talk('Go through the gates.');
  (await model.asked()).says('On my way.', asks('relay', { gates: gates.url }));
  await gates.reached();
  const { call_id } = await log.until('it runs', () => log.of('call.started')[0]);
  gates.open('1');
  (await model.asked()).says('Half way.');
  await replied(2);
  await gates.reached();

  const conversation = workflows.conversation(id);
  expect(await summariesOf(conversation)).toEqual([
    'reply 1: a message',
    `reply 2: 50 % of ${call_id}`,
  ]);
  expect(await summariesOf(workflows.call(call_id))).toEqual([
    `relay ${JSON.stringify({ gates: gates.url })}`,
  ]);
  expect(await (await conversation.describe()).staticSummary()).toBe('conversation with default');
  expect(await (await workflows.call(call_id).describe()).staticSummary()).toBe(`relay for ${id}`);
  expect(await detailsOf(conversation)).toMatch(
    new RegExp(
      `^\\*\\*idle\\*\\*, \\d+ entries, 2 replies, .*\\n- \`${call_id}\` relay: running 50 %$`,
    ),
  );
  await isListed('working', id);

  await post('close');
  await conversation.result();
  await isListed('closed', id);
});

type Handle = ReturnType<typeof stage.workflows.conversation>;

/** The summaries of the activities that Temporal scheduled, in order. */
async function summariesOf(handle: Handle): Promise<(string | undefined)[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? [])
    .filter((event) => event.activityTaskScheduledEventAttributes)
    .map(({ userMetadata }) => {
      const summary = userMetadata?.summary;
      return summary ? defaultPayloadConverter.fromPayload<string>(summary) : undefined;
    });
}

async function detailsOf(handle: Handle): Promise<string> {
  const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails;
}

/** Temporal's list is some hundred milliseconds behind, and no event says when it has caught up. */
async function isListed(status: string, id: string): Promise<void> {
  const query = `MeanwhileStatus = '${status}' AND MeanwhileTenant = 'default'`;
  await vi.waitFor(async () => {
    const ids: string[] = [];
    for await (const { workflowId } of stage.workflows.client.workflow.list({ query })) {
      ids.push(workflowId);
    }
    expect(ids).toEqual([`conversation/default/${id}`]);
  }, 20_000);
}

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { asks, type AskedModel } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import { follow, type Talk } from '../kit/talk.ts';

/** News is due as soon as it comes: a turn that should not be would come before what the test does next. */
const stage = useStage({
  MEANWHILE_GRACE_MS: '0',
  MEANWHILE_QUIET_MS: '0',
  MEANWHILE_QUIET_MAX_MS: '0',
});

let gates: Gates;
beforeEach(async () => {
  gates = await startGates();
});
afterEach(() => gates.close());

/** The tool waits at its first gate, and the model has said what it started. */
async function collecting(agent: string, tool: string): Promise<{ talk: Talk; before: number }> {
  const { client } = stage.service;
  const before = stage.model.requests.length;
  const message = { text: 'Get me offers.' };
  const { id } = await client.post('/v1/conversations', { agent, message });
  const talk = follow(client, id);
  (await stage.model.asked()).says('I collect them.', asks(tool, { gates: gates.url }));
  await gates.reached();
  return { talk, before };
}

const firstResult = (talk: Talk) =>
  talk.log.until('the first result is in', () => talk.log.of('call.event')[0]);
const moment = ({ request }: AskedModel) => request.messages.at(-1)!.text;

test('prompt: the model is asked after the first of two results, and after the second', async () => {
  const { talk, before } = await collecting('default', 'offers');
  gates.open('1');
  const first = await stage.model.asked();
  expect(moment(first)).toContain('"because":"news"');
  expect(moment(first)).toContain('offer 1');
  first.says('One is in.');
  await talk.replied(2);
  gates.open('2');
  const second = await stage.model.asked();
  expect(moment(second)).toContain('offer 2');
  second.says('Both are in.');
  await talk.replied(3);
  expect(stage.model.requests.length - before).toBe(3);
  expect(talk.log.of('call.requested')[0]).not.toHaveProperty('awaits');
});

test.each([
  ['its agent', 'patient', 'offers'],
  ['the tool itself', 'default', 'tenders'],
])(
  'managed, as %s says: the model is asked after the second result only, and a question in between is answered from the active state',
  async (_, agent, tool) => {
    const { talk, before } = await collecting(agent, tool);
    expect(talk.log.of('call.requested')).toMatchObject([{ awaits: 'managed', results: 2 }]);
    expect((await talk.head()).calls).toMatchObject([{ suspended: { results: 0, of: 2 } }]);
    gates.open('1');
    expect(await firstResult(talk)).toMatchObject({ event: 'result', data: 'offer 1' });
    expect((await talk.head()).calls).toMatchObject([{ suspended: { results: 1, of: 2 } }]);

    await talk.say('How far are you?');
    const question = await stage.model.asked();
    expect(moment(question)).toContain('"because":"message","news":[]');
    expect(moment(question)).toContain('"suspended":"1 of 2 results in"');
    expect(JSON.stringify(question.request.messages)).not.toContain('offer 1');
    question.says('One of two is in.');
    await talk.replied(2);

    gates.open('2');
    const complete = await stage.model.asked();
    expect(moment(complete)).toContain('offer 1');
    expect(moment(complete)).toContain('offer 2');
    complete.says('Both are in.');
    const { seq } = await talk.replied(3);
    const receipt = await talk.log.until('both are receipted', () => talk.log.of('receipt')[0]);
    expect(receipt).toMatchObject({ fate: 'spoken', reply_id: 'reply_3' });
    expect(receipt.seq).toBeGreaterThan(seq);
    expect(receipt.of).toHaveLength(2);
    expect(stage.model.requests.length - before).toBe(3);
    expect((await talk.head()).calls[0]).not.toHaveProperty('suspended');
  },
);

test('managed: results held back survive kill -9, and are told with the rest', async () => {
  const { talk, before } = await collecting('patient', 'offers');
  gates.open('1');
  await firstResult(talk);
  const held = talk.held();
  await stage.service.kill9();
  await stage.service.start();
  const after = follow(stage.service.client, talk.id, held);
  gates.open('2');
  const complete = await stage.model.asked();
  expect(moment(complete)).toContain('offer 1');
  expect(moment(complete)).toContain('offer 2');
  complete.says('Both are in.');
  await after.replied(2);
  expect(stage.model.requests.length - before).toBe(2);
});

import { beforeAll, expect, test } from 'vitest';
import { READ_TOOL } from '../../contract/names.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import type { Talk } from '../kit/talk.ts';
import { wholeResult } from '../kit/whole-result.ts';

/** However slow the machine is, an end is told in the turn that asked for the call. */
const stage = useStage({ MEANWHILE_GRACE_MS: '60000' });

let talk: Talk;
/** What the model was told of each call, in order, and the size of its largest request. */
const told: any[] = [];
let largest = 0;

/** The model is asked, looks at the last call, and says this. */
async function answer(text: string, ...calls: ReturnType<typeof asks>[]): Promise<any> {
  const asked = await stage.model.asked();
  largest = Math.max(largest, JSON.stringify(asked.request.messages).length);
  const last = asked.request.messages.findLast(({ role }) => role === 'tool');
  told.push(last && JSON.parse(last.text));
  asked.says(text, ...calls);
  return told.at(-1);
}

beforeAll(async () => {
  talk = await stage.talk('What is the needle worth?');
  await answer('', asks('reports'));
  const { call_id } = await talk.log.until('it runs', () => talk.log.of('call.started')[0]);
  await answer('', asks(READ_TOOL, { call_id, find: 'NEEDLE' }));
  const { offset } = (await asked()).places[0];
  await answer('', asks(READ_TOOL, { call_id, offset, length: 20 }));
  await answer('', asks(READ_TOOL, { call_id: 'call_of_somebody_else' }));
  await answer('It is worth 17.');
  await talk.replied(5);

  /** What the search has found, as the log has it. */
  async function asked() {
    const done = await talk.log.until('it is found', () => talk.log.of('call.completed')[1]);
    return done.result as any;
  }
});

const ofReports = () => {
  const [partial] = talk.log.of('call.event');
  const [end] = talk.log.of('call.completed');
  return { partial: partial!, end: end! };
};

test('the model sees how each begins, finds the place, reads it, and tells it', () => {
  expect(told[1]).toMatchObject({
    status: 'completed',
    stored: { n: 'end', head: expect.stringMatching(/^line 0: nothing to see here/) },
    results: [{ n: 1, stored: { n: 1, head: expect.stringMatching(/^\{"rows":\[\{"id":0\}/) } }],
  });
  expect(told[2].result.places).toEqual([
    { offset: expect.any(Number), text: expect.stringContaining('the needle, worth 17') },
  ]);
  expect(told[3].result).toMatchObject({ text: 'needle, worth 17\nlin' });
  expect(talk.log.of('reply.completed').at(-1)).toMatchObject({ text: 'It is worth 17.' });
});

test('reading is told in the turn that asked for it, and refused for another call', () => {
  expect(told[4]).toMatchObject({ status: 'failed', error: { type: 'NoSuchResult' } });
  expect(talk.log.of('reply.started').map(({ because }) => because)).toEqual([
    'message',
    ...Array(4).fill('results'),
  ]);
});

test('entries, requests to the model and the history of Temporal stay small', async () => {
  const { partial, end } = ofReports();
  expect(end.stored!.bytes).toBeGreaterThan(180_000);
  for (const entry of [partial, end]) expect(JSON.stringify(entry).length).toBeLessThan(3_000);
  expect(largest).toBeLessThan(12_000);
  const { conversation, call } = stage.workflows;
  const sizes: number[] = [];
  for (const handle of [conversation(talk.id), call(end.call_id)]) {
    const { events } = await handle.fetchHistory();
    const signals = events!.flatMap(
      (event) => event.workflowExecutionSignaledEventAttributes?.input?.payloads ?? [],
    );
    sizes.push(...signals.map(({ data }) => data!.length));
    const { workflowExecutionInfo } = (await handle.describe()).raw;
    expect(Number(workflowExecutionInfo!.historySizeBytes)).toBeLessThan(60_000);
  }
  expect(Math.max(...sizes)).toBeLessThan(3_000);
  // Both results of the reports are among them.
  expect(sizes.filter((bytes) => bytes > 2_000)).toHaveLength(2);
});

test('HTTP returns the complete results, and a 404 for unknown ones', async () => {
  const { client } = stage.service;
  const { partial, end } = ofReports();
  const rows = await wholeResult(client, talk.id, partial);
  expect(rows).toEqual({ rows: Array.from({ length: 2_000 }, (_, id) => ({ id })) });
  const report = await wholeResult<string>(client, talk.id, end);
  expect(Buffer.byteLength(JSON.stringify(report))).toBe(end.stored!.bytes);
  expect(report.startsWith(end.stored!.head)).toBe(true);
  expect(report).toContain('line 4321: the needle, worth 17');
  const missing = { ...end, stored: { ...end.stored!, n: 2 } };
  await expect(wholeResult(client, talk.id, missing)).rejects.toMatchObject({
    status: 404,
    problem: { code: 'result_not_found' },
  });
});

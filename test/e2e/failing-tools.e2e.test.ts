import { expect, test } from 'vitest';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';

/** However slow the machine is, an end is told in the turn that asked for the call. */
const LONG_GRACE = { MEANWHILE_GRACE_MS: '60000' };
const stage = useStage({ MEANWHILE_MAX_RESULT_BYTES: '5000', ...LONG_GRACE });

const FAILURES: [tool: string, type: string, message: RegExp][] = [
  ['breaks', 'ToolError', /^The disk is full\.$/],
  ['babbles', 'InvalidYield', /neither progress nor a result: /],
  ['dawdles', 'Timeout', /^dawdles did not end within 0\.05 seconds\.$/],
  ['floods', 'ResultTooLarge', /^Its result has 10002 bytes; at most 5000 are allowed\.$/],
  ['nests', 'InvalidResult', /^Its result is nested deeper than 100 levels\.$/],
  ['is_not_there', 'UnknownTool', /^There is no tool named is_not_there\. The tools are: /],
];

test.each(FAILURES)(
  'a tool that %s fails as %s, the model is told why in the same turn, and the conversation goes on',
  async (tool, type, message) => {
    const { model } = stage;
    const { log, say, replied } = await stage.talk('Do it.');
    (await model.asked()).says('I try.', asks(tool));
    const asked = await model.asked();
    const { call_id, error } = await log.until('it fails', () => log.of('call.failed')[0]);
    expect(error).toEqual({ type, message: expect.stringMatching(message) });
    expect(asked.request.messages.slice(2)).toEqual([
      {
        role: 'assistant',
        text: 'I try.',
        calls: [{ call_id, tool, arguments: '{}' }],
      },
      { role: 'tool', call_id, text: JSON.stringify({ status: 'failed', error }) },
      expect.objectContaining({
        role: 'user',
        text: expect.stringContaining('"because":"results"'),
      }),
    ]);
    asked.says('That did not work.');
    await replied(2);

    await say('Never mind.');
    (await model.asked()).says('All right.');
    await replied(3);
    expect(log.of('call.failed')).toHaveLength(1);
  },
);

test('a model that gives wrong arguments is told what is wrong with them, and may try again', async () => {
  const { model } = stage;
  const { log, replied } = await stage.talk('Double 21.');
  (await model.asked()).says('', asks('picky', { number: 'twenty-one' }));
  const corrected = await model.asked();
  const { error } = await log.until('it fails', () => log.of('call.failed')[0]);
  expect(error).toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(/^The arguments of picky do not fit\. number: .*number/),
  });
  expect(corrected.request.messages).toContainEqual(
    expect.objectContaining({ role: 'tool', text: JSON.stringify({ status: 'failed', error }) }),
  );
  corrected.says('', asks('picky', { number: 21 }));
  const told = await model.asked();
  expect(told.request.messages).toContainEqual(
    expect.objectContaining({
      role: 'tool',
      text: JSON.stringify({ status: 'completed', result: { doubled: 42 } }),
    }),
  );
  told.says('It is 42.');
  await replied(3);
  expect(log.of('reply.started').map(({ because }) => because)).toEqual([
    'message',
    'results',
    'results',
  ]);
});

test('arguments that are not JSON at all are a failed call like any other', async () => {
  const { model } = stage;
  const { log, replied } = await stage.talk('Double 21.');
  (await model.asked()).says('', { name: 'picky', arguments: '{"number": 21' });
  // A provider refuses past arguments that are no object, and so does the stub.
  (await model.asked()).says('Sorry.');
  await replied(2);
  expect(log.of('call.failed')).toMatchObject([
    { error: { type: 'InvalidInput', message: 'The arguments of picky are not valid JSON.' } },
  ]);
});

test('arguments that are nested too deeply are a failed call like any other, and the store keeps answering', async () => {
  const { model, service } = stage;
  const { id, log, replied } = await stage.talk('Double 21.');
  const number = '['.repeat(5_000) + ']'.repeat(5_000);
  (await model.asked()).says('', { name: 'picky', arguments: `{"number":${number}}` });
  (await model.asked()).says('Sorry.');
  await replied(2);
  const message = expect.stringContaining('is nested deeper than 100 levels');
  expect(log.of('call.failed')).toMatchObject([{ error: { type: 'InvalidInput', message } }]);
  expect(await service.client.get(`/v1/conversations/${id}/entries`)).toHaveProperty('entries');
  expect(await service.client.get('/readyz')).toEqual({ store: 'ok', temporal: 'ok' });
});

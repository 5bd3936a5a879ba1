import { describe, expect, test } from 'vitest';
import { APIError } from '../../client/errors.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import { follow, type Talk } from '../kit/talk.ts';

const stage = useStage({ MEANWHILE_GRACE_MS: '100' });

/** A conversation in which a payment awaits approval, and the model has said so. */
async function awaiting(): Promise<{ talk: Talk; call_id: string }> {
  const talk = await stage.talk('Pay 20.');
  (await stage.model.asked()).says('I ask for it.', asks('pays', { amount: 20 }));
  const { call_id } = await talk.log.until(
    'it awaits approval',
    () => talk.log.of('call.awaiting_approval')[0],
  );
  return { talk, call_id };
}

const decide = (talk: Talk, call_id: string, decision: string, more = {}) =>
  talk.post(`calls/${call_id}/approval`, { decision, ...more });

/** Status and code of the problem that a request is answered with. */
async function problemOf(request: Promise<unknown>) {
  const error = await request.then(
    () => undefined,
    (problem: unknown) => problem,
  );
  if (!(error instanceof APIError)) throw new Error('There was no problem.', { cause: error });
  return [error.status, error.code];
}

const stateOf = async (talk: Talk) => (await talk.head()).calls[0];

describe('a call that needs approval', () => {
  test('waits while the chat goes on, and runs once, however often a person approves it', async () => {
    const { talk, call_id } = await awaiting();
    const question = { why: 'May it pay?', input: { amount: 20 } };
    expect(await stateOf(talk)).toMatchObject({
      ...{ id: call_id, status: 'awaiting_approval' },
      ...question,
    });
    expect(talk.log.of('call.awaiting_approval')).toMatchObject([question]);

    await talk.say('What time is it?');
    const asked = await stage.model.asked();
    expect(asked.request.messages.at(-1)?.text).toContain('"status":"awaiting_approval"');
    asked.says('Noon.');
    await talk.replied(2);
    expect(talk.log.of('call.started')).toEqual([]);

    await decide(talk, call_id, 'approve', { author: 'ann' });
    (await stage.model.asked()).says('Paid.');
    await talk.replied(3);
    await decide(talk, call_id, 'approve');
    expect(talk.log.of('call.approved')).toMatchObject([{ actor: { type: 'user', id: 'ann' } }]);
    expect(talk.log.of('call.completed')).toMatchObject([{ result: { paid: 20 } }]);
    expect(await problemOf(decide(talk, call_id, 'deny'))).toEqual([409, 'call_not_awaiting']);
  });

  test('never runs when a person denies it, and the model is told why', async () => {
    const { talk, call_id } = await awaiting();
    await decide(talk, call_id, 'deny', { reason: 'Too much.', author: 'ann' });
    const told = await stage.model.asked();
    expect(told.request.messages.at(-1)?.text).toContain('"reason":"Too much."');
    told.says('Ann says it is too much.');
    await talk.replied(2);
    expect(await problemOf(decide(talk, call_id, 'approve'))).toEqual([409, 'call_not_awaiting']);
    expect(talk.log.of('call.started')).toEqual([]);
    expect(await stateOf(talk)).toMatchObject({ status: 'denied', decision: 'deny' });
  });

  test('is denied when nobody decides in time', async () => {
    const talk = await stage.talk('Hurry.');
    (await stage.model.asked()).says('I ask for it.', asks('hurries'));
    (await stage.model.asked()).says('Nobody agreed in time.');
    await talk.replied(2);
    expect(talk.log.of('call.denied')).toMatchObject([
      { actor: { type: 'system' }, reason: 'Nobody decided in time.' },
    ]);
  });

  test('cannot be approved after it was cancelled', async () => {
    const { talk, call_id } = await awaiting();
    await talk.post(`calls/${call_id}/cancel`);
    await talk.log.until('it is cancelled', () => talk.log.of('call.cancelled')[0]);
    expect(await problemOf(decide(talk, call_id, 'approve'))).toEqual([409, 'call_not_awaiting']);
    expect(await problemOf(decide(talk, 'call_x', 'approve'))).toEqual([404, 'call_not_found']);
    await talk.post('close');
    expect((await talk.log.ended).message).toBe('the stream has ended');
    expect(talk.log.of('call.started')).toEqual([]);
  });

  test('is asked for once: the same payment while it waits is refused', async () => {
    const { talk, call_id } = await awaiting();
    await talk.say('Pay 20!');
    (await stage.model.asked()).says('', asks('pays', { amount: 20 }));
    (await stage.model.asked()).says('It waits already.');
    await talk.replied(3);
    expect(talk.log.of('call.failed')).toMatchObject([
      {
        error: {
          type: 'Duplicate',
          message: `The same call is open already: ${call_id} is awaiting approval.`,
        },
      },
    ]);
  });

  test('keeps waiting while the service is dead, and runs when a person approves it afterwards', async () => {
    const { talk, call_id } = await awaiting();
    await talk.replied(1);
    const held = talk.held();
    await stage.service.kill9();
    await stage.service.start();
    const after = follow(stage.service.client, talk.id, held);
    expect(await stateOf(after)).toMatchObject({ id: call_id, status: 'awaiting_approval' });
    // Until the new worker has taken over, the answer is a 503 that asks to try again.
    await expect
      .poll(() => decide(after, call_id, 'approve'), { timeout: 20_000 })
      .toEqual({ call_id, decision: 'approve' });
    (await stage.model.asked()).says('Paid.');
    await after.replied(2);
    expect(after.log.of('call.approved')).toHaveLength(1);
    expect(after.log.of('call.completed')).toMatchObject([{ result: { paid: 20 } }]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { asks } from '../kit/played-model.ts';
import { type Stage, useStage } from '../kit/stage.ts';
import type { Talk } from '../kit/talk.ts';

let gates: Gates;
beforeAll(async () => {
  gates = await startGates();
});
afterAll(() => gates.close());

/** A conversation in which a tool runs that reports at two gates, and the model has said so. */
async function relaying({ talk: begin, model }: Stage): Promise<Talk> {
  const talk = await begin('Run.');
  (await model.asked()).says('It runs.', asks('relay', { gates: gates.url }));
  await talk.log.until('it runs', () => talk.log.of('call.started')[0]);
  return talk;
}

/** Opens a gate once it is reached. */
async function pass(name: string): Promise<void> {
  expect(await gates.reached()).toBe(name);
  gates.open(name);
}

const reached = (talk: Talk) =>
  talk.log.until('a limit is reached', () => talk.log.of('limit.reached')[0]);

describe('R12: an agent that may speak once unprompted', () => {
  const stage = useStage({ MEANWHILE_UNSOLICITED_IN_A_ROW: '1', MEANWHILE_GRACE_MS: '0' });

  test('does so, then stays silent, says why in its turns, and tells the rest when asked', async () => {
    const talk = await relaying(stage);
    await pass('1');
    (await stage.model.asked()).says('Half.');
    await talk.replied(2);
    await pass('2');
    const limit = await reached(talk);
    expect(limit).toMatchObject({ limit: 'unsolicited_in_a_row', value: 1 });
    await talk.log.until('it ends', () => talk.log.of('call.completed')[0]);

    const { turns } = await stage.service.client.get(`/v1/conversations/${talk.id}/turns`);
    const { because, limits } = turns.at(-1);
    expect({ because, limits }).toMatchObject({ because: 'news', limits: [{ seq: limit.seq }] });
    expect(limits[0].held_back[0].what).toMatch(/^75 % of call_/);
    await talk.say('And?');
    const asked = await stage.model.asked();
    expect(asked.request.messages.at(-1)?.text).toContain('"through"');
    asked.says('It is through.');
    await talk.replied(3);
    expect(talk.log.of('reply.started').map(({ because }) => because)).toEqual([
      'message',
      'news',
      'message',
    ]);
  });
});

describe('R12: a tenant that has spent its tokens', () => {
  const stage = useStage({
    MEANWHILE_MAX_TOKENS_PER_TENANT_PER_DAY: '1',
    MEANWHILE_GRACE_MS: '0',
  });

  test('is answered, and told the news with the answer, but causes no unprompted request to the model', async () => {
    const talk = await relaying(stage);
    gates.open('1');
    expect(await reached(talk)).toMatchObject({
      limit: 'max_tokens_per_tenant_per_day',
      value: 1,
    });
    expect(talk.log.of('reply.failed')).toMatchObject([
      { reply_id: 'reply_2', error: { type: 'TenantTokensSpent' } },
    ]);
    expect(stage.model.requests).toHaveLength(1);
    expect(talk.log.entries.map(({ seq }) => seq)).toEqual(
      talk.log.entries.map((_, index) => index + 1),
    );

    await talk.say('How far is it?');
    const asked = await stage.model.asked();
    expect(asked.request.messages.at(-1)?.text).toMatch(/"percent":(50|75)|"through"/);
    asked.says('On its way.');
    await talk.replied(3);
    const [held] = talk.log.of('call.event');
    await talk.log.until('what was held back has its receipt', () =>
      talk.log.of('receipt').find(({ of }) => of.includes(held!.seq)),
    );
  });
});

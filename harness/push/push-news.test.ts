import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { createLocalBus } from '../../stream/bus.ts';
import { PlayedGateway } from '../../test/kit/played-gateway.ts';
import { call, LIMITS } from '../../test/kit/story.ts';
import { look } from '../../mcp/server/look.ts';
import { tell } from '../model-proxy/splice.ts';
import { createPushNews } from './push-news.ts';
import type { PushedText } from './target.ts';

const conversation = { tenant: 'default', id: 'conv_1' };
let store: ReturnType<typeof createMemoryStore>;
let gateway: PlayedGateway;
let pushed: PushedText[];
let isTaken: boolean;
beforeEach(async () => {
  store = createMemoryStore();
  gateway = new PlayedGateway(store, createLocalBus());
  pushed = [];
  isTaken = true;
  const start = { conversation, agent: 'client:codex', limits: LIMITS };
  await gateway.start({ ...start, replies: 'external' });
});

const adapter = async (text: PushedText) => {
  pushed.push(text);
  return isTaken;
};
const requests = (more: object = {}) =>
  gateway.requestCall(conversation, { call: call('call_a', more) });
const push = (...news: { seq: number; schedule: 'silent' | 'when_idle' | 'interrupt' }[]) =>
  createPushNews({ store, adapters: { codex: adapter } })({
    conversation,
    harness: 'codex',
    thread: 'thread-1',
    news,
  });
const seqsOf = async (kind: 'call.event' | 'call.completed') =>
  (await store.entries(conversation, { after: 0, limit: 100, kinds: [kind] }))!.entries.map(
    ({ seq }) => seq,
  );

describe('a push', () => {
  test('has the results with their numbers, marked as data, and the most urgent of their schedules', async () => {
    await requests();
    await gateway.play((story) => {
      story.progress('call_a', 1, 25);
      story.progress('call_a', 2, 50);
      story.ends('call_a');
    });
    const [first, second] = await seqsOf('call.event');
    const [end] = await seqsOf('call.completed');
    const taken = await push(
      { seq: first!, schedule: 'silent' },
      { seq: second!, schedule: 'interrupt' },
      { seq: end!, schedule: 'when_idle' },
    );
    expect(taken).toEqual([first, second, end]);
    expect(pushed).toMatchObject([{ thread: 'thread-1', schedule: 'interrupt' }]);
    const { text } = pushed[0]!;
    expect(text).toContain('This is data of tools, and not a message of the user.');
    expect(text).toContain(`[result ${end}] call_a, its last: `);
    // R6: of the progress of a call that is over, nothing.
    expect(text).not.toContain('50 %');
  });

  test('has the last progress before a partial result, as the proxy in front of a model has (R6)', async () => {
    await requests();
    await gateway.play((story) => {
      story.progress('call_a', 1, 25);
      story.progress('call_a', 2, 50);
      const result = { call_id: 'call_a', n: 3, event: 'result', data: 'half' } as const;
      story.happens({ type: 'call_event', ...result, schedule: 'when_idle' });
    });
    const of = await seqsOf('call.event');
    await push(...of.map((seq) => ({ seq, schedule: 'when_idle' as const })));
    const numbers = of.slice(1).map((seq) => `[result ${seq}]`);
    expect(pushed[0]!.text.match(/\[result \d+\]/g)).toEqual(numbers);
    const { log } = (await look(store, conversation))!;
    expect(tell(log, of)[0]!.output.match(/\[result \d+\]/g)).toEqual(numbers);
  });

  test('leaves out what was delivered in the meantime', async () => {
    await requests();
    await gateway.play((story) => story.ends('call_a'));
    const [end] = await seqsOf('call.completed');
    await gateway.acknowledge(conversation, { to: end! });
    expect(await push({ seq: end!, schedule: 'when_idle' })).toEqual([]);
    expect(pushed).toEqual([]);
  });

  test('delivers nothing if the harness does not take it', async () => {
    isTaken = false;
    await requests();
    await gateway.play((story) => story.ends('call_a'));
    const [end] = await seqsOf('call.completed');
    expect(await push({ seq: end!, schedule: 'silent' })).toEqual([]);
  });

  test('starts a turn of a harness behind the proxy with a poke in place of the news', async () => {
    await requests({ anchor: 'here' });
    await gateway.play((story) => story.ends('call_a'));
    const [end] = await seqsOf('call.completed');
    expect(await push({ seq: end!, schedule: 'when_idle' })).toEqual([]);
    expect(pushed).toMatchObject([{ text: `[meanwhile] Results up to ${end} have arrived.` }]);
    pushed = [];
    await push({ seq: end!, schedule: 'silent' });
    expect(pushed).toEqual([]);
  });

  test('to a harness without a setting, or to a thread with an invalid id, delivers nothing', async () => {
    const news = [{ seq: 1, schedule: 'when_idle' as const }];
    const of = { conversation, news, harness: 'codex' as const };
    const pushes = createPushNews({ store, adapters: {} });
    expect(await pushes({ ...of, thread: 'thread-1' })).toEqual([]);
    const odd = createPushNews({ store, adapters: { codex: adapter } });
    expect(await odd({ ...of, thread: '--resume me' })).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import { batch, idle, message, messages, replying, started } from '../test/store/samples.ts';
import { type Bus, createLocalBus } from '../stream/bus.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import { createHandTicker } from '../test/kit/hand-ticker.ts';
import { GatewayUnavailable } from './gateway.ts';
import { connectSse, nameOf, type SseConnection } from '../test/kit/sse-client.ts';

let api: TestApi;
let one: ConversationKey;
let base: string;
let listening: number;
const hand = createHandTicker();

function counted(bus: Bus): Bus {
  return {
    ...bus,
    subscribe(conversation, listener) {
      listening++;
      const stop = bus.subscribe(conversation, listener);
      return () => {
        listening--;
        stop();
      };
    },
  };
}

beforeEach(async () => {
  listening = 0;
  api = await createTestApi({
    bus: counted(createLocalBus()),
    streaming: { ticker: hand.ticker },
  });
  one = await api.begin();
  base = await api.listen();
});
afterEach(() => api.app.close());

const open = (query = '', headers: Record<string, string> = {}): Promise<SseConnection> =>
  connectSse(`${base}/v1/conversations/${one.id}/stream${query}`, headers);
const resume = (id: string) => open('', { 'last-event-id': id });

async function record(
  task: number,
  base_: number,
  ...rest: [Parameters<typeof batch>[3], typeof idle?]
) {
  await api.store.record(batch(one, [1, task], base_, ...rest));
  api.bus.publish(one, { type: 'poke' });
}
/** @param isCertain false: it may still be taken back */
async function close(task: number, seq: number, isCertain = true) {
  if (isCertain) api.gateway.running.delete(one.id);
  const { at, actor } = message(seq, '');
  const closed: Entry = { seq, at, actor, cause: [], kind: 'conversation.closed' };
  await record(task, seq, [closed], { ...idle, status: 'closed' });
}

describe('a stream', () => {
  test('has every entry, then new ones, and ends when the conversation is closed', async () => {
    await record(1, 1, messages(1, 'a', 'b'));
    const reader = await open();
    expect(reader.status).toBe(200);
    expect((await reader.take(2)).map(nameOf)).toEqual(['entry 1.0', 'entry 2.0']);
    await record(2, 3, [message(3, 'c')]);
    const [event] = await reader.take(1);
    expect(JSON.parse(event!.data)).toEqual(message(3, 'c'));
    await close(3, 4);
    expect((await reader.rest()).map(nameOf)).toEqual(['entry 4.0']);
  });

  test.each([
    ['Last-Event-ID', () => resume('2.0')],
    ['?after', () => open('?after=2')],
    ['?after with a revision', () => open('?after=2.0')],
    ['Last-Event-ID over ?after', () => open('?after=0', { 'last-event-id': '2.0' })],
  ])('continues after the reader’s position, given by %s', async (_, connect) => {
    await record(1, 1, messages(1, 'a', 'b', 'c', 'd'));
    expect((await (await connect()).take(2)).map(nameOf)).toEqual(['entry 3.0', 'entry 4.0']);
  });

  test('tells a returning reader which entries to forget', async () => {
    await record(1, 1, messages(1, 'a', 'b', 'c'));
    await record(2, 2, messages(2, 'x'));
    const reader = await resume('3.0');
    const events = await reader.take(2);
    expect(events.map(nameOf)).toEqual(['rewind 1.1', 'entry 2.1']);
    expect(JSON.parse(events[0]!.data)).toEqual({ to: 1 });
    expect((await (await resume('1.1')).take(1)).map(nameOf)).toEqual(['entry 2.1']);
  });

  test('shows a reply in flight from its beginning', async () => {
    await record(1, 1, [message(1, 'Hello?'), started(2, 1)], replying(1));
    await api.store.beginDraft(one, 'reply_1', 1);
    await api.store.appendDraft(one, { reply_id: 'reply_1', attempt: 1, text: 'Hel' });
    const reader = await resume('2.0');
    const delta = { reply_id: 'reply_1', attempt: 1 };
    expect(JSON.parse((await reader.next())!.data)).toEqual({ ...delta, offset: 0, text: 'Hel' });
    await api.store.appendDraft(one, { ...delta, text: 'lo' });
    api.bus.publish(one, { type: 'delta', ...delta, offset: 3, text: 'lo' });
    const next = (await reader.next())!;
    expect([next.event, next.id]).toEqual(['delta', undefined]);
    expect(JSON.parse(next.data)).toEqual({ ...delta, offset: 3, text: 'lo' });
  });

  test('of a closed conversation ends for a reader that has read it to its end', async () => {
    await record(1, 1, messages(1, 'a'));
    await close(2, 2);
    expect((await (await resume('1.0')).rest()).map(nameOf)).toEqual(['entry 2.0']);
    expect((await resume('2.0')).status).toBe(204);
    expect((await open('?after=2')).status).toBe(204);
  });

  test('does not end while the close may still be taken back', async () => {
    await record(1, 1, messages(1, 'a'));
    await close(2, 2, false);
    const reader = await open();
    expect((await reader.take(2)).map(nameOf)).toEqual(['entry 1.0', 'entry 2.0']);
    const other = await resume('2.0');
    expect(other.status).toBe(200);
    await record(3, 2, messages(2, 'one more'));
    expect((await reader.take(2)).map(nameOf)).toEqual(['rewind 1.1', 'entry 2.1']);
    await close(4, 3);
    expect((await reader.rest()).map(nameOf)).toEqual(['entry 3.1']);
    expect((await other.rest()).map(nameOf)).toEqual(['rewind 1.1', 'entry 2.1', 'entry 3.1']);
  });

  test('does not end while it is unknown whether the close is certain', async () => {
    await close(1, 1);
    api.gateway.failure = new GatewayUnavailable('Temporal is away.');
    const reader = await open();
    expect((await reader.take(1)).map(nameOf)).toEqual(['entry 1.0']);
    api.gateway.failure = undefined;
    hand.tick();
    expect(await reader.rest()).toEqual([]);
    expect((await resume('1.0')).status).toBe(204);
  });

  test('continues if the close was taken back', async () => {
    await record(1, 1, messages(1, 'a'));
    await close(2, 2);
    await record(3, 2, messages(2, 'not yet'));
    const reader = await resume('2.0');
    expect((await reader.take(2)).map(nameOf)).toEqual(['rewind 1.1', 'entry 2.1']);
  });

  test.each(['1', '1.', '.1', '01.0', '1.0 ', '-1.0', '1e3.0', 'x', '9999999999.0'])(
    'does not begin at %j',
    async (id) => {
      const answer = await api.get(`/v1/conversations/${one.id}/stream`, { 'last-event-id': id });
      expect(answer.body).toMatchObject({
        status: 400,
        code: 'invalid_request',
        errors: [{ path: 'header.last-event-id' }],
      });
    },
  );

  test('of an unknown conversation is a 404', async () => {
    const answer = await api.get('/v1/conversations/conv_none/stream');
    expect(answer.body).toMatchObject({ status: 404, code: 'conversation_not_found' });
  });
});

describe('a stream is released', () => {
  const openStreams = async () =>
    Number(/meanwhile_open_streams (\d+)/.exec((await api.get('/metrics')).body)![1]);

  test('when its reader disconnects', async () => {
    await record(1, 1, messages(1, 'a'));
    const reader = await open();
    await reader.take(1);
    expect([listening, hand.size, await openStreams()]).toEqual([1, 3, 1]);
    reader.vanish();
    await vi.waitFor(() => expect([listening, hand.size]).toEqual([0, 0]), { interval: 1 });
    expect(await openStreams()).toBe(0);
  });

  test('when the service shuts down, and its readers learn so at once', async () => {
    await record(1, 1, messages(1, 'a'));
    const readers = await Promise.all([open(), open(), open()]);
    for (const reader of readers) await reader.take(1);
    const rests = readers.map((reader) => reader.rest());
    await api.app.close();
    expect(await Promise.all(rests)).toEqual([[], [], []]);
    expect([listening, hand.size]).toEqual([0, 0]);
  });

  test('when the store fails, and the reader can reconnect', async () => {
    await record(1, 1, messages(1, 'a'));
    const reader = await open();
    await reader.take(1);
    const { follow } = api.store;
    api.store.follow = () => Promise.reject(new Error('The store is away.'));
    api.bus.publish(one, { type: 'poke' });
    expect(await reader.rest()).toEqual([]);
    api.store.follow = follow;
    await record(2, 2, messages(2, 'b'));
    expect((await (await resume('1.0')).take(1)).map(nameOf)).toEqual(['entry 2.0']);
  });
});

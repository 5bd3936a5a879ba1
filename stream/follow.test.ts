import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConversationKey } from '../contract/names.ts';
import type { Store } from '../store/store.ts';
import { batch, completed, idle, message, replying, someone, started } from '../store/samples.ts';
import { createHandTicker } from '../testing/hand-ticker.ts';
import { createMemoryStore } from '../testing/memory-store.ts';
import { Reader } from '../testing/reader.ts';
import { type Bus, createLocalBus } from './bus.ts';
import { follow } from './follow.ts';
import { type Position, START, type StreamItem } from './item.ts';

let store: Store;
let bus: Bus;
let one: ConversationKey;
let hand: ReturnType<typeof createHandTicker>;
let abort: AbortController;

beforeEach(() => {
  store = createMemoryStore();
  bus = createLocalBus();
  one = someone();
  hand = createHandTicker();
  abort = new AbortController();
});
afterEach(() => abort.abort());

const from = (position: Position, page = 200) =>
  follow({
    store,
    bus,
    conversation: one,
    from: position,
    signal: abort.signal,
    ticker: hand.ticker,
    page,
  });

/** Records from `base` on, as the task with this number, and pokes. */
async function record(
  task: number,
  base: number,
  entries: Parameters<typeof batch>[3],
  head = idle,
) {
  await store.record(batch(one, [1, task], base, entries, head));
  bus.publish(one, { type: 'poke' });
}

async function say(text: string, attempt = 1) {
  const offset = (await store.draft(one))!.text.length;
  await store.appendDraft(one, { reply_id: 'reply_1', attempt, text });
  bus.publish(one, { type: 'delta', reply_id: 'reply_1', attempt, offset, text });
}

async function take(items: AsyncGenerator<StreamItem>, count: number): Promise<Reader> {
  const reader = new Reader();
  for (let taken = 0; taken < count; taken++) reader.take((await items.next()).value);
  return reader;
}

/** Nothing here waits for more than promises, so when the loop comes round it all has happened. */
const everythingThatCan = () => new Promise(setImmediate);

const question = message(1, 'Hello?');

describe('a reader that follows a conversation', () => {
  test('gets what is there and then what comes', async () => {
    await record(1, 1, [question]);
    const items = from(START);
    expect((await take(items, 1)).entries).toEqual([question]);
    const next = items.next();
    await record(2, 2, [message(2, 'More')]);
    expect((await next).value).toMatchObject({ type: 'entry', position: { after: 2 } });
  });

  test('begins where it stood', async () => {
    await record(1, 1, [question, message(2, 'More')]);
    expect(await from({ after: 1, revision: 0 }).next()).toMatchObject({
      value: { entry: { seq: 2 } },
    });
  });

  test('gets more than one page in order', async () => {
    const many = Array.from({ length: 7 }, (_, index) => message(index + 1, `${index}`));
    await record(1, 1, many);
    const items = from(START, 3);
    const reader = new Reader();
    for (let taken = 0; taken < 7; taken++) reader.take((await items.next()).value!);
    expect(reader.entries).toEqual(many);
  });

  test('is healed of a lost poke at the next look', async () => {
    await record(1, 1, [question]);
    const items = from(START);
    await take(items, 1);
    const next = items.next();
    await store.record(batch(one, [1, 2], 2, [message(2, 'unheard')]));
    hand.tick();
    expect((await next).value).toMatchObject({ entry: { text: 'unheard' } });
  });

  test('is told to forget what was replaced, and gets what stands now', async () => {
    await record(1, 1, [question, started(2, 1)], replying(1));
    const items = from(START);
    const reader = await take(items, 2);
    const rest = [message(2, 'Second'), started(3, 1)];
    await record(2, 2, rest, replying(1));
    for (let taken = 0; taken < 3; taken++) reader.take((await items.next()).value!);
    expect(reader.seen.slice(2)).toEqual(['rewind 1', 'message.user 2', 'reply.started 3']);
    expect(reader.entries).toEqual([question, ...rest]);
    expect(reader.position).toEqual({ after: 3, revision: 1 });
  });

  test('learns of a rewind it slept through, even where nothing follows', async () => {
    await record(1, 1, [question, message(2, 'Gone')]);
    await record(2, 2, []);
    expect(await from({ after: 2, revision: 0 }).next()).toEqual({
      done: false,
      value: { type: 'rewind', position: { after: 1, revision: 1 } },
    });
  });

  test('ends after the last entry of a closed conversation', async () => {
    const closed = { ...message(2, ''), kind: 'conversation.closed' } as never;
    await record(1, 1, [question, closed], { ...idle, status: 'closed' });
    const items = from(START, 1);
    expect((await take(items, 2)).entries).toHaveLength(2);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(hand.size).toBe(0);
  });

  test('has what was written anew before the closing became certain', async () => {
    const closed = (seq: number) => ({ ...message(seq, ''), kind: 'conversation.closed' }) as never;
    await record(1, 1, [question, closed(2)], { ...idle, status: 'closed' });
    const items = follow({
      store,
      bus,
      conversation: one,
      from: START,
      signal: abort.signal,
      ticker: hand.ticker,
      // The worker that takes over is done just as it is asked.
      isOver: async () => {
        await store.record(
          batch(one, [1, 2], 2, [message(2, 'one more'), closed(3)], { ...idle, status: 'closed' }),
        );
        return true;
      },
    });
    const { entries } = await take(items, 5);
    expect(entries).toEqual([question, message(2, 'one more'), closed(3)]);
    expect((await items.next()).done).toBe(true);
  });

  test('ends at once where there is no such conversation', async () => {
    expect((await from(START).next()).done).toBe(true);
  });

  test('ends and leaves the bus when it is told to, also while it waits', async () => {
    await record(1, 1, [question]);
    let listening = 0;
    const counted: Bus = {
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
    const { signal } = abort;
    const { ticker } = hand;
    const items = follow({ store, bus: counted, conversation: one, from: START, signal, ticker });
    await take(items, 1);
    const waiting = items.next();
    expect([listening, hand.size]).toEqual([1, 1]);
    abort.abort();
    expect((await waiting).done).toBe(true);
    expect([listening, hand.size]).toEqual([0, 0]);
  });

  test('fails as the store fails, and leaves the bus', async () => {
    await record(1, 1, [question]);
    store.follow = () => Promise.reject(new Error('The store is away.'));
    await expect(from(START).next()).rejects.toThrow('The store is away.');
    expect(hand.size).toBe(0);
  });
});

describe('the live part of a stream', () => {
  const speaking = async () => {
    await record(1, 1, [question, started(2, 1)], replying(1));
    await store.beginDraft(one, 'reply_1', 1);
  };

  test('gives a reader that comes late the text so far, and then goes on with it', async () => {
    await speaking();
    await say('Hel');
    const items = from(START);
    const reader = await take(items, 3);
    expect(reader.speaking?.text).toBe('Hel');
    await say('lo');
    reader.take((await items.next()).value!);
    expect(reader.seen.slice(2)).toEqual(['delta reply_1.1 0 Hel', 'delta reply_1.1 3 lo']);
  });

  test('gives one that held every entry the text so far too', async () => {
    await speaking();
    await say('Hel');
    const items = from({ after: 2, revision: 0 });
    expect((await items.next()).value).toMatchObject({ type: 'delta', offset: 0, text: 'Hel' });
  });

  test('has a delta that comes while the draft is being read exactly once', async () => {
    await speaking();
    await say('Hel');
    const { draft } = store;
    store.draft = async (conversation) => {
      const read = await draft(conversation);
      store.draft = draft;
      await say('lo');
      return read;
    };
    const items = from({ after: 2, revision: 0 });
    const reader = new Reader();
    reader.position = { after: 2, revision: 0 };
    reader.take((await items.next()).value!);
    expect(reader.speaking?.text).toBe('Hello');
  });

  test('puts entries first: a text comes after the start of its reply though the poke was lost', async () => {
    await record(1, 1, [question]);
    const items = from(START);
    const reader = await take(items, 1);
    const next = items.next();
    await store.record(batch(one, [1, 2], 2, [started(2, 1)], replying(1)));
    await store.beginDraft(one, 'reply_1', 1);
    await say('Hi');
    reader.take((await next).value!);
    reader.take((await items.next()).value!);
    expect(reader.seen.slice(1)).toEqual(['reply.started 2', 'delta reply_1.1 0 Hi']);
  });

  test('starts the text again with a new attempt', async () => {
    await speaking();
    await say('Hel');
    const items = from(START);
    const reader = await take(items, 3);
    await store.beginDraft(one, 'reply_1', 2);
    await say('Good day', 2);
    reader.take((await items.next()).value!);
    expect(reader.speaking).toEqual({ reply_id: 'reply_1', attempt: 2, text: 'Good day' });
  });

  test('is given whole again after a rewind', async () => {
    await speaking();
    await record(2, 3, [message(3, 'undone')], replying(1));
    await say('Hel');
    const items = from(START);
    const reader = await take(items, 4);
    await record(3, 3, [], replying(1));
    await say('lo');
    reader.take((await items.next()).value!);
    reader.take((await items.next()).value!);
    expect(reader.seen.slice(3)).toEqual([
      'delta reply_1.1 0 Hel',
      'rewind 2',
      'delta reply_1.1 0 Hello',
    ]);
  });

  test('puts entries first also where a reply is started anew after a rewind', async () => {
    await speaking();
    const items = from(START);
    const reader = await take(items, 2);
    await record(2, 2, [message(2, 'Second')]);
    reader.take((await items.next()).value!);
    reader.take((await items.next()).value!);
    const next = items.next();
    await everythingThatCan();
    await store.record(batch(one, [1, 3], 3, [started(3, 1)], replying(1)));
    await say('Hi');
    reader.take((await next).value!);
    expect(reader.seen.slice(2)).toEqual(['rewind 1', 'message.user 2', 'reply.started 3']);
  });

  test('says nothing more of a reply after its end', async () => {
    await speaking();
    await say('Hi');
    const items = from(START);
    const reader = await take(items, 3);
    await record(3, 3, [completed(3, 1, 'Hi')]);
    bus.publish(one, { type: 'delta', reply_id: 'reply_1', attempt: 1, offset: 2, text: ' late' });
    reader.take((await items.next()).value!);
    const next = items.next();
    await everythingThatCan();
    await record(4, 4, [message(4, 'Thanks')]);
    reader.take((await next).value!);
    expect(reader.seen.slice(3)).toEqual(['reply.completed 3', 'message.user 4']);
  });

  test('shows the latest progress of each call to a reader that takes its time', async () => {
    await record(1, 1, [question]);
    const items = from(START);
    const reader = await take(items, 1);
    for (let percent = 1; percent <= 50; percent++) {
      bus.publish(one, { type: 'progress', call_id: 'a', percent });
      bus.publish(one, { type: 'progress', call_id: 'b', percent: percent / 2 });
    }
    reader.take((await items.next()).value!);
    reader.take((await items.next()).value!);
    expect(reader.seen.slice(1)).toEqual(['progress a 50', 'progress b 25']);
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batch, completed, message, replying, started } from '../test/store/samples.ts';
import { everythingThatCan, FollowedLog, take } from '../test/kit/followed.ts';
import { Reader } from '../test/kit/reader.ts';
import { START } from './item.ts';

let log: FollowedLog;
beforeEach(() => {
  log = new FollowedLog();
});
afterEach(() => log.abort.abort());

const question = message(1, 'Hello?');

describe('the live part of a stream', () => {
  const speaking = async () => {
    await log.record(1, 1, [question, started(2, 1)], replying(1));
    await log.store.beginDraft(log.key, 'reply_1', 1);
  };

  test('gives a late reader the text so far, and then the rest', async () => {
    await speaking();
    await log.say('Hel');
    const items = log.from(START);
    const reader = await take(items, 3);
    expect(reader.speaking?.text).toBe('Hel');
    await log.say('lo');
    reader.take((await items.next()).value);
    expect(reader.seen.slice(2)).toEqual(['delta reply_1.1 0 Hel', 'delta reply_1.1 3 lo']);
  });

  test('gives the text so far to a reader that has every entry, too', async () => {
    await speaking();
    await log.say('Hel');
    const items = log.from({ after: 2, revision: 0 });
    expect((await items.next()).value).toMatchObject({ type: 'delta', offset: 0, text: 'Hel' });
  });

  test('sends a delta that comes while the draft is being read exactly once', async () => {
    await speaking();
    await log.say('Hel');
    const { draft } = log.store;
    log.store.draft = async (conversation) => {
      const read = await draft(conversation);
      log.store.draft = draft;
      await log.say('lo');
      return read;
    };
    const items = log.from({ after: 2, revision: 0 });
    const reader = new Reader();
    reader.position = { after: 2, revision: 0 };
    reader.take((await items.next()).value);
    expect(reader.speaking?.text).toBe('Hello');
  });

  test('puts entries first: text comes after the start of its reply even if the poke was lost', async () => {
    await log.record(1, 1, [question]);
    const items = log.from(START);
    const reader = await take(items, 1);
    const next = items.next();
    await log.store.record(batch(log.key, [1, 2], 2, [started(2, 1)], replying(1)));
    await log.store.beginDraft(log.key, 'reply_1', 1);
    await log.say('Hi');
    reader.take((await next).value);
    reader.take((await items.next()).value);
    expect(reader.seen.slice(1)).toEqual(['reply.started 2', 'delta reply_1.1 0 Hi']);
  });

  test('starts the text again with a new attempt', async () => {
    await speaking();
    await log.say('Hel');
    const items = log.from(START);
    const reader = await take(items, 3);
    await log.store.beginDraft(log.key, 'reply_1', 2);
    await log.say('Good day', 2);
    reader.take((await items.next()).value);
    expect(reader.speaking).toEqual({ reply_id: 'reply_1', attempt: 2, text: 'Good day' });
  });

  test('is sent in full again after a rewind', async () => {
    await speaking();
    await log.record(2, 3, [message(3, 'undone')], replying(1));
    await log.say('Hel');
    const items = log.from(START);
    const reader = await take(items, 4);
    await log.record(3, 3, [], replying(1));
    await log.say('lo');
    reader.take((await items.next()).value);
    reader.take((await items.next()).value);
    expect(reader.seen.slice(3)).toEqual([
      'delta reply_1.1 0 Hel',
      'rewind 2',
      'delta reply_1.1 0 Hello',
    ]);
  });

  test('drops the earlier text of a reply that starts again after a rewind', async () => {
    await log.record(1, 1, [question]);
    await log.record(2, 2, [started(2, 1)], replying(1));
    await log.store.beginDraft(log.key, 'reply_1', 1);
    await log.say('Hel');
    const items = log.from(START);
    const reader = await take(items, 3);
    await log.record(3, 2, [message(2, 'Second'), started(3, 1)], replying(1));
    await log.store.beginDraft(log.key, 'reply_1', 1);
    for (let taken = 0; taken < 3; taken++) reader.take((await items.next()).value);
    const next = items.next();
    await everythingThatCan();
    await log.say('Good day');
    reader.take((await next).value);
    expect(reader.speaking?.text).toBe('Good day');
  });

  test('puts entries first when a reply starts again after a rewind, too', async () => {
    await speaking();
    const items = log.from(START);
    const reader = await take(items, 2);
    await log.record(2, 2, [message(2, 'Second')]);
    reader.take((await items.next()).value);
    reader.take((await items.next()).value);
    const next = items.next();
    await everythingThatCan();
    await log.store.record(batch(log.key, [1, 3], 3, [started(3, 1)], replying(1)));
    await log.say('Hi');
    reader.take((await next).value);
    expect(reader.seen.slice(2)).toEqual(['rewind 1', 'message.user 2', 'reply.started 3']);
  });

  test('sends no more text of a reply after its end', async () => {
    await speaking();
    await log.say('Hi');
    const items = log.from(START);
    const reader = await take(items, 3);
    await log.record(3, 3, [completed(3, 1, 'Hi')]);
    log.bus.publish(log.key, {
      type: 'delta',
      reply_id: 'reply_1',
      attempt: 1,
      offset: 2,
      text: ' late',
    });
    reader.take((await items.next()).value);
    const next = items.next();
    await everythingThatCan();
    await log.record(4, 4, [message(4, 'Thanks')]);
    reader.take((await next).value);
    expect(reader.seen.slice(3)).toEqual(['reply.completed 3', 'message.user 4']);
  });

  test('has what was said while messages were lost, as soon as the bus says that it missed some', async () => {
    await speaking();
    await log.say('Hel');
    const items = log.from(START);
    const reader = await take(items, 3);
    await log.store.appendDraft(log.key, { reply_id: 'reply_1', attempt: 1, text: 'lo' });
    log.bus.publish(log.key, { type: 'missed' } as never);
    reader.take((await items.next()).value);
    await log.store.record(batch(log.key, [1, 2], 3, [completed(3, 1, 'Hello')]));
    log.bus.publish(log.key, { type: 'missed' } as never);
    reader.take((await items.next()).value);
    expect(reader.seen.slice(3)).toEqual(['delta reply_1.1 3 lo', 'reply.completed 3']);
  });

  test('grows with each look at the store while the bus does not reach all processes', async () => {
    let hearsAll = false;
    const bus = { ...log.bus, hearsAll: () => hearsAll };
    await speaking();
    await log.say('Hel');
    const items = log.from(START, { bus });
    const reader = await take(items, 3);
    const elsewhere = (text: string) =>
      log.store.appendDraft(log.key, { reply_id: 'reply_1', attempt: 1, text });
    for (const text of ['lo', ' you']) {
      await elsewhere(text);
      log.hand.tick();
      reader.take((await items.next()).value);
    }
    expect(reader.seen.slice(3)).toEqual(['delta reply_1.1 3 lo', 'delta reply_1.1 5  you']);

    // Once it reaches all processes, a look reads only the ends of logs.
    hearsAll = true;
    const { draft } = log.store;
    let drafts = 0;
    log.store.draft = (conversation) => {
      drafts += 1;
      return draft(conversation);
    };
    log.hand.tick();
    await everythingThatCan();
    expect(drafts).toBe(0);
  });

  test('shows a slow reader the latest progress of each call', async () => {
    await log.record(1, 1, [question]);
    const items = log.from(START);
    const reader = await take(items, 1);
    for (let percent = 1; percent <= 50; percent++) {
      log.bus.publish(log.key, { type: 'progress', call_id: 'a', percent });
      log.bus.publish(log.key, { type: 'progress', call_id: 'b', percent: percent / 2 });
    }
    reader.take((await items.next()).value);
    reader.take((await items.next()).value);
    expect(reader.seen.slice(1)).toEqual(['progress a 50', 'progress b 25']);
  });
});

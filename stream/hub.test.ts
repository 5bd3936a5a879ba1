import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batch, idle, message, messages, replying, started } from '../test/store/samples.ts';
import type { Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { everythingThatCan, FollowedLog } from '../test/kit/followed.ts';
import { Reader } from '../test/kit/reader.ts';
import type { Hub, HubOptions } from './hub.ts';
import { type Position, START } from './item.ts';

let log: FollowedLog;
let asked: string[];
let isAway: boolean;
beforeEach(() => {
  log = new FollowedLog();
  asked = [];
  isAway = false;
});
afterEach(() => log.abort.abort());

/** A hub whose queries to the store are counted. */
function countedHub(more: Partial<HubOptions> = {}): Hub {
  const counted = <M extends 'follow' | 'draft' | 'marks'>(method: M): Store[M] =>
    ((...args: [never, never]) => {
      asked.push(method);
      if (isAway)
        return Promise.reject(new StoreUnavailable('The store is away.', { mayBeDone: false }));
      return (log.store[method] as Function)(...args);
    }) as Store[M];
  const store = { follow: counted('follow'), draft: counted('draft'), marks: counted('marks') };
  return log.hub({ store, ...more });
}

/** Reads as fast as it can, until the signal ends it. */
function readAll(hub: Hub, from: Position = START): Reader {
  const reader = new Reader();
  reader.position = from;
  void (async () => {
    for await (const item of hub.join(log.key, from, log.abort.signal).items()) reader.take(item);
  })();
  return reader;
}

const settled = async () => {
  for (let round = 0; round < 20; round++) await everythingThatCan();
};
const CROWD = 300;

describe('many readers of one conversation', () => {
  test('cost as many queries to the store as one', async () => {
    await log.record(1, 1, [message(1, 'Hello?')]);
    const hub = countedHub();
    const readers = Array.from({ length: CROWD }, () => readAll(hub));
    await settled();
    const opening = asked.splice(0);
    expect(opening).toEqual(['marks', 'follow']);
    await log.record(2, 2, [started(2, 1)], replying(1));
    await log.store.beginDraft(log.key, 'reply_1', 1);
    for (let piece = 0; piece < 40; piece++) {
      await log.say(`${piece} `);
      await settled();
    }
    // One query reads the draft, which the first look had to leave in doubt.
    expect(asked.splice(0)).toEqual(['draft']);
    for (const reader of readers) {
      expect(reader.entries).toHaveLength(2);
      expect(reader.seen.filter((each) => each.startsWith('delta'))).toHaveLength(40);
      expect(reader.speaking).toEqual(await log.store.draft(log.key));
    }
  });

  test('cost one query a second while nothing happens, for all conversations together', async () => {
    const others = [new FollowedLog(), new FollowedLog()].map(({ key }) => key);
    const keys = [log.key, ...others];
    for (const key of keys) await log.store.record(batch(key, [1, 1], 1, messages(1, 'a')));
    const hub = countedHub();
    for (const key of keys) {
      for (let nth = 0; nth < 10; nth++) {
        const items = hub.join(key, { after: 1, revision: 0 }, log.abort.signal).items();
        void items.next();
      }
    }
    await settled();
    expect(log.hand.size).toBe(1);
    asked = [];
    log.hand.tick();
    await settled();
    expect(asked).toEqual(['marks']);
  });

  test('learn that a close is certain by one query', async () => {
    const closed = { ...message(2, ''), kind: 'conversation.closed' } as never;
    await log.record(1, 1, [message(1, 'a')]);
    let questions = 0;
    const isOver = async () => {
      questions += 1;
      return true;
    };
    const hub = countedHub({ isOver });
    const ended = Array.from({ length: CROWD }, async () => {
      for await (const _ of hub.join(log.key, START, log.abort.signal).items());
    });
    await settled();
    await log.record(2, 2, [closed], { ...idle, status: 'closed' });
    await Promise.all(ended);
    expect([questions, log.hand.size]).toEqual([1, 0]);
  });

  test('that join a long log at once read each page of it once', async () => {
    await log.record(1, 1, messages(1, ...Array.from({ length: 100 }, (_, nth) => `${nth}`)));
    const hub = countedHub({ page: 10, size: { entries: 10, bytes: Infinity } });
    const first = readAll(hub, { after: 100, revision: 0 });
    await settled();
    asked = [];
    const readers = Array.from({ length: CROWD }, () => readAll(hub));
    for (let round = 0; round < 20; round++) await settled();
    for (const reader of readers) expect(reader.entries).toHaveLength(100);
    expect(asked.length).toBeLessThanOrEqual(10);
    expect(first.entries).toEqual([]);
  });
});

describe('a slow reader', () => {
  test('reads the store separately when the others are far ahead, and then rejoins them', async () => {
    await log.record(1, 1, [message(1, '1')]);
    const hub = countedHub({ size: { entries: 3, bytes: Infinity } });
    const quick = readAll(hub);
    const slow = hub.join(log.key, START, log.abort.signal).items();
    const reader = new Reader();
    reader.take((await slow.next()).value!);
    for (let seq = 2; seq <= 20; seq++) {
      await log.record(seq, seq, [message(seq, `${seq}`)]);
      await settled();
    }
    expect(quick.entries).toHaveLength(20);
    asked = [];
    while (reader.entries.length < 20) reader.take((await slow.next()).value!);
    expect(asked).toEqual(['follow']);
    const next = slow.next();
    await log.record(21, 21, [message(21, '21')]);
    reader.take((await next).value!);
    expect(asked).toEqual(['follow']);
  });

  test('does not delay the others, and gets a reply in a few large pieces', async () => {
    await log.record(1, 1, [message(1, 'a'), started(2, 1)], replying(1));
    await log.store.beginDraft(log.key, 'reply_1', 1);
    const hub = countedHub();
    const quick = readAll(hub);
    const slow = hub.join(log.key, START, log.abort.signal).items();
    for (let taken = 0; taken < 2; taken++) await slow.next();
    for (let piece = 0; piece < 1_000; piece++) {
      await log.say('x'.repeat(100));
      await everythingThatCan();
    }
    expect(quick.speaking?.text).toHaveLength(100_000);
    expect(await slow.next()).toMatchObject({ value: { offset: 0, text: 'x'.repeat(100_000) } });
  });
});

describe('while the store is unavailable,', () => {
  test('a stream stays open, and resumes when the store is back', async () => {
    await log.record(1, 1, [message(1, 'a')]);
    const hub = countedHub();
    const reader = readAll(hub);
    await settled();
    isAway = true;
    await log.store.record(batch(log.key, [1, 2], 2, [message(2, 'b')]));
    for (let second = 0; second < 5; second++) {
      log.hand.tick();
      await settled();
    }
    expect(reader.entries).toHaveLength(1);
    isAway = false;
    log.hand.tick();
    await settled();
    expect(reader.entries).toHaveLength(2);
  });

  test('a new stream begins when the store is back, and queries it at most once a second', async () => {
    await log.record(1, 1, [message(1, 'a')]);
    isAway = true;
    const hub = countedHub();
    const reading = hub.join(log.key, START, log.abort.signal);
    expect(await reading.begin()).toBe('open');
    const next = reading.items().next();
    asked = [];
    for (let second = 0; second < 3; second++) {
      log.hand.tick();
      await settled();
    }
    expect(asked).toEqual(['marks', 'marks', 'marks']);
    isAway = false;
    log.hand.tick();
    expect(await next).toMatchObject({ value: { entry: { text: 'a' } } });
  });

  test('a reader that is far behind waits', async () => {
    await log.record(1, 1, messages(1, 'a', 'b', 'c', 'd', 'e'));
    const hub = countedHub({ page: 2, size: { entries: 1, bytes: Infinity } });
    readAll(hub, { after: 5, revision: 0 });
    await settled();
    isAway = true;
    const reader = readAll(hub);
    await settled();
    expect(reader.entries).toEqual([]);
    isAway = false;
    log.hand.tick();
    await settled();
    expect(reader.entries).toHaveLength(5);
  });
});

test('a reader that claims more entries than exist starts from those that do', async () => {
  await log.record(1, 1, messages(1, 'a', 'b'));
  const hub = countedHub();
  const items = hub.join(log.key, { after: 99, revision: 7 }, log.abort.signal).items();
  expect((await items.next()).value).toEqual({
    type: 'rewind',
    position: { after: 2, revision: 0 },
  });
});

test('a reader from an older revision reads the store once, and then waits with the others', async () => {
  await log.record(1, 1, messages(1, 'a', 'b', 'c'));
  await log.record(2, 3, []);
  const hub = countedHub();
  const reading = hub.join(log.key, { after: 2, revision: 0 }, log.abort.signal);
  expect(await reading.begin()).toBe('open');
  expect(asked).toEqual(['marks', 'follow', 'follow']);
  const next = reading.items().next();
  await log.record(3, 3, [message(3, 'd')]);
  expect(await next).toMatchObject({ value: { entry: { text: 'd' } } });
});

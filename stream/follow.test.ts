import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batch, idle, message, replying, started } from '../test/store/samples.ts';
import { FollowedLog, take } from '../test/kit/followed.ts';
import { Reader } from '../test/kit/reader.ts';
import type { Bus } from './bus.ts';
import { START } from './item.ts';

let log: FollowedLog;
beforeEach(() => {
  log = new FollowedLog();
});
afterEach(() => log.abort.abort());

const question = message(1, 'Hello?');

describe('a reader that follows a conversation', () => {
  test('gets the existing entries and then the new ones', async () => {
    await log.record(1, 1, [question]);
    const items = log.from(START);
    expect((await take(items, 1)).entries).toEqual([question]);
    const next = items.next();
    await log.record(2, 2, [message(2, 'More')]);
    expect((await next).value).toMatchObject({ type: 'entry', position: { after: 2 } });
  });

  test('resumes at its position', async () => {
    await log.record(1, 1, [question, message(2, 'More')]);
    expect(await log.from({ after: 1, revision: 0 }).next()).toMatchObject({
      value: { entry: { seq: 2 } },
    });
  });

  test('gets more than one page in order', async () => {
    const many = Array.from({ length: 7 }, (_, index) => message(index + 1, `${index}`));
    await log.record(1, 1, many);
    const items = log.from(START, { page: 3 });
    const reader = new Reader();
    for (let taken = 0; taken < 7; taken++) reader.take((await items.next()).value);
    expect(reader.entries).toEqual(many);
  });

  test('recovers from a lost poke at the next poll', async () => {
    await log.record(1, 1, [question]);
    const items = log.from(START);
    await take(items, 1);
    const next = items.next();
    await log.store.record(batch(log.key, [1, 2], 2, [message(2, 'unheard')]));
    log.hand.tick();
    expect((await next).value).toMatchObject({ entry: { text: 'unheard' } });
  });

  test('is told to forget replaced entries, and gets the current ones', async () => {
    await log.record(1, 1, [question, started(2, 1)], replying(1));
    const items = log.from(START);
    const reader = await take(items, 2);
    const rest = [message(2, 'Second'), started(3, 1)];
    await log.record(2, 2, rest, replying(1));
    for (let taken = 0; taken < 3; taken++) reader.take((await items.next()).value);
    expect(reader.seen.slice(2)).toEqual(['rewind 1', 'message.user 2', 'reply.started 3']);
    expect(reader.entries).toEqual([question, ...rest]);
    expect(reader.position).toEqual({ after: 3, revision: 1 });
  });

  test('learns of a rewind that it missed, even if nothing follows', async () => {
    await log.record(1, 1, [question, message(2, 'Gone')]);
    await log.record(2, 2, []);
    expect(await log.from({ after: 2, revision: 0 }).next()).toEqual({
      done: false,
      value: { type: 'rewind', position: { after: 1, revision: 1 } },
    });
  });

  test('looks at the store when an entry is added after a rewrite that it missed', async () => {
    await log.record(1, 1, [question, message(2, 'First')]);
    const items = log.from(START);
    const reader = await take(items, 2);
    const next = items.next();
    const rest = [message(2, 'Second'), message(3, 'Third')];
    await log.store.record(batch(log.key, [1, 2], 2, rest.slice(0, 1)));
    await log.record(3, 3, rest.slice(1));
    reader.take((await next).value);
    for (let taken = 0; taken < 2; taken++) reader.take((await items.next()).value);
    expect(reader.entries).toEqual([question, ...rest]);
  });

  test('ends after the last entry of a closed conversation', async () => {
    const closed = { ...message(2, ''), kind: 'conversation.closed' } as never;
    await log.record(1, 1, [question, closed], { ...idle, status: 'closed' });
    const items = log.from(START, { page: 1 });
    expect((await take(items, 2)).entries).toHaveLength(2);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(log.hand.size).toBe(0);
  });

  test('gets the entries that were rewritten before the close became certain', async () => {
    const closed = (seq: number) => ({ ...message(seq, ''), kind: 'conversation.closed' }) as never;
    await log.record(1, 1, [question, closed(2)], { ...idle, status: 'closed' });
    const items = log.from(START, {
      // The worker that takes over writes just before the answer.
      isOver: async () => {
        await log.store.record(
          batch(log.key, [1, 2], 2, [message(2, 'one more'), closed(3)], {
            ...idle,
            status: 'closed',
          }),
        );
        return true;
      },
    });
    const { entries } = await take(items, 5);
    expect(entries).toEqual([question, message(2, 'one more'), closed(3)]);
    expect((await items.next()).done).toBe(true);
  });

  test('ends at once when the conversation does not exist', async () => {
    expect((await log.from(START).next()).done).toBe(true);
  });

  test('ends and unsubscribes from the bus when aborted, even while it waits', async () => {
    await log.record(1, 1, [question]);
    let listening = 0;
    const counted: Bus = {
      ...log.bus,
      subscribe(conversation, listener) {
        listening++;
        const stop = log.bus.subscribe(conversation, listener);
        return () => {
          listening--;
          stop();
        };
      },
    };
    const items = log.from(START, { bus: counted });
    await take(items, 1);
    const waiting = items.next();
    expect([listening, log.hand.size]).toEqual([1, 1]);
    log.abort.abort();
    expect((await waiting).done).toBe(true);
    expect([listening, log.hand.size]).toEqual([0, 0]);
  });

  test('fails with the error of the store, and unsubscribes from the bus', async () => {
    await log.record(1, 1, [question]);
    log.store.follow = () => Promise.reject(new Error('The store is away.'));
    await expect(log.from(START).next()).rejects.toThrow('The store is away.');
    expect(log.hand.size).toBe(0);
  });
});

import { describe, expect, test } from 'vitest';
import type { Delta } from './item.ts';
import { createLiveText } from './live.ts';

const delta = (offset: number, text: string, attempt = 1, reply_id = 'reply_1'): Delta => ({
  type: 'delta',
  reply_id,
  attempt,
  offset,
  text,
});
const draft = (text: string, attempt = 1, reply_id = 'reply_1') => ({ reply_id, attempt, text });
const held = (length: number, attempt = 1, reply_id = 'reply_1') => ({ reply_id, attempt, length });

/** Live text that has `text` of attempt 1 of reply_1. */
function knowing(text: string) {
  const live = createLiveText();
  live.reading();
  live.drafted(draft(text));
  return live;
}

describe('the text of a reply in flight', () => {
  test('begins with the draft, read after the subscription', () => {
    const live = createLiveText();
    expect(live.isDoubtful).toBe(true);
    live.reading();
    live.drafted(draft('Hello'));
    expect(live.isDoubtful).toBe(false);
    expect(live.lacking(undefined)).toEqual(delta(0, 'Hello'));
    expect(live.lacking(held(5))).toBeUndefined();
  });

  test('is empty when no reply is in flight', () => {
    const live = createLiveText();
    live.reading();
    live.drafted(undefined);
    expect(live.isDoubtful).toBe(false);
    expect(live.lacking(undefined)).toBeUndefined();
  });

  test('grows with deltas, and each reader gets what it lacks', () => {
    const live = knowing('He');
    live.receive(delta(2, 'll'));
    live.receive(delta(4, 'o'));
    expect(live.lacking(held(4))).toEqual(delta(4, 'o'));
    expect(live.lacking(held(2))).toEqual(delta(2, 'llo'));
    expect(live.lacking(undefined)).toEqual(delta(0, 'Hello'));
    expect(live.isDoubtful).toBe(false);
  });

  test('is the same object for all readers that lack the same part', () => {
    const live = knowing('He');
    live.receive(delta(2, 'llo'));
    expect(live.lacking(held(2))).toBe(live.lacking(held(2)));
    const before = live.lacking(held(2));
    live.receive(delta(5, '!'));
    expect(live.lacking(held(2))).toEqual(delta(2, 'llo!'));
    expect(before).toEqual(delta(2, 'llo'));
  });

  test.each([
    { what: 'inside the draft', heard: delta(0, 'He'), text: 'Hello' },
    { what: 'half inside the draft', heard: delta(3, 'lo you'), text: 'Hello you' },
    { what: 'where the draft ends', heard: delta(5, ' you'), text: 'Hello you' },
  ])('has a delta that arrives while the draft is read once: $what', ({ heard, text }) => {
    const live = createLiveText();
    live.reading();
    live.receive(heard);
    live.drafted(draft('Hello'));
    expect(live.lacking(undefined)).toEqual(delta(0, text));
    expect(live.isDoubtful).toBe(false);
  });

  test('ignores a delta that it already has', () => {
    const live = knowing('Hello');
    live.receive(delta(0, 'Hello'));
    expect(live.lacking(held(5))).toBeUndefined();
    live.receive(delta(3, 'lo you'));
    expect(live.lacking(held(5))).toEqual(delta(5, ' you'));
  });

  test('fills a gap from the draft, with only what is missing', () => {
    const live = knowing('Hello');
    live.receive(delta(9, '!'));
    expect(live.isDoubtful).toBe(true);
    expect(live.lacking(held(5))).toBeUndefined();
    live.reading();
    live.drafted(draft('Hello you!'));
    expect(live.lacking(held(5))).toEqual(delta(5, ' you!'));
  });

  test.each([
    { what: 'a new attempt', heard: delta(0, 'Hi', 2) },
    { what: 'the next reply', heard: delta(0, 'Hi', 1, 'reply_2') },
    { what: 'the tenth reply', heard: delta(0, 'Hi', 1, 'reply_10') },
  ])('starts again with the beginning of $what', ({ heard }) => {
    const live = knowing('Hello');
    live.receive(heard);
    expect(live.isDoubtful).toBe(false);
    expect(live.lacking(held(5))).toEqual(heard);
  });

  test.each([
    { what: 'a new attempt', heard: delta(2, '!', 2), now: draft('Hi!', 2) },
    { what: 'the next reply', heard: delta(2, '!', 1, 'reply_2'), now: draft('Hi!', 1, 'reply_2') },
    {
      what: 'an earlier reply',
      heard: delta(0, 'Hi', 1, 'reply_0'),
      now: draft('Hi', 1, 'reply_0'),
    },
  ])('starts again with a part of $what, when the store confirms it', ({ heard, now }) => {
    const live = knowing('Hello');
    live.receive(heard);
    expect(live.isDoubtful).toBe(true);
    expect(live.lacking(held(5))).toBeUndefined();
    live.reading();
    live.drafted(now);
    expect(live.lacking(held(5))).toEqual({ type: 'delta', offset: 0, ...now });
  });

  test('ignores an attempt that has been replaced', () => {
    const live = knowing('Hello');
    live.receive(delta(5, ' late', 0));
    live.reading();
    live.drafted(draft('Hello'));
    expect(live.lacking(held(5))).toBeUndefined();
    expect(live.isDoubtful).toBe(false);
  });

  test('grows while the draft is read, even if the draft is behind by then', () => {
    const live = knowing('Hello');
    live.receive(delta(9, 'lost')); // In doubt.
    live.reading();
    live.receive(delta(5, ' you'));
    live.drafted(draft('Hello'));
    expect(live.lacking(held(5))).toEqual(delta(5, ' you'));
  });

  test('requires another read when another reply began during the read', () => {
    const live = knowing('Hello');
    live.forget();
    live.reading();
    live.receive(delta(0, 'Hi', 1, 'reply_2'));
    live.drafted(undefined);
    expect(live.isDoubtful).toBe(true);
    live.reading();
    live.drafted(draft('Hi', 1, 'reply_2'));
    expect(live.lacking(held(5))).toEqual(delta(0, 'Hi', 1, 'reply_2'));
    expect(live.isDoubtful).toBe(false);
  });

  test('is read again where deltas may have been lost, and shown as it is until then', () => {
    const live = knowing('Hel');
    live.doubt();
    expect([live.isDoubtful, live.lacking(held(0))]).toEqual([true, delta(0, 'Hel')]);
    live.reading();
    live.doubt(); // What was lost since may be missing in what is being read.
    live.drafted(draft('Hello'));
    expect([live.isDoubtful, live.lacking(held(3))]).toEqual([true, delta(3, 'lo')]);
    live.reading();
    live.drafted(draft('Hello you'));
    expect([live.isDoubtful, live.lacking(held(5))]).toEqual([false, delta(5, ' you')]);
  });

  test('requires another read after a rewind', () => {
    const live = knowing('Hello');
    live.forget();
    expect([live.isDoubtful, live.lacking(undefined)]).toEqual([true, undefined]);
    live.reading();
    live.drafted(draft('Hello you'));
    expect(live.lacking(undefined)).toEqual(delta(0, 'Hello you'));
    // This reader did not have to forget anything.
    expect(live.lacking(held(5))).toEqual(delta(5, ' you'));
  });
});

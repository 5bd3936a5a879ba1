import { describe, expect, test } from 'vitest';
import { anchorAfter, placeOf } from './anchor.ts';
import { itemOf, type ThreadItem } from './responses/item.ts';

const user = (content: string) => itemOf({ type: 'message', role: 'user', content });
const said = (content: string) => itemOf({ type: 'message', role: 'assistant', content });

describe('an anchor', () => {
  const thread = [user('hi'), said('Hello.'), user('go on'), said('Sure.'), user('go on')];

  test('finds its item again, however much follows', () => {
    const anchor = anchorAfter(thread.slice(0, 2));
    expect(placeOf(anchor, thread)).toEqual({ after: 1, isExact: true });
  });

  test('tells items with the same words apart by those before them', () => {
    expect(placeOf(anchorAfter(thread.slice(0, 3)), thread)?.after).toBe(2);
    expect(placeOf(anchorAfter(thread), thread)?.after).toBe(4);
  });

  test('of one of two equal places comes after what was placed before it', () => {
    const again = [user('a'), user('a')];
    expect(placeOf(anchorAfter([user('a')]), again, 0)?.after).toBe(0);
    expect(placeOf(anchorAfter([user('a')]), again, 1)?.after).toBe(1);
  });

  test('finds its item after the harness has dropped what came before it', () => {
    const anchor = anchorAfter(thread.slice(0, 3));
    expect(placeOf(anchor, [user('A summary.'), user('go on')])).toEqual({
      after: 1,
      isExact: true,
    });
  });

  test('stands after the closest earlier item if its own is gone', () => {
    const anchor = anchorAfter(thread.slice(0, 4));
    const compacted = [user('hi'), user('go on'), user('A summary.')];
    expect(placeOf(anchor, compacted)).toEqual({ after: 1, isExact: false });
  });

  test('has no place in a thread that shares no item with it', () => {
    expect(placeOf(anchorAfter(thread), [user('A summary.')])).toBeUndefined();
  });

  test('of an empty thread is its beginning', () => {
    expect(placeOf(anchorAfter([]), thread)).toEqual({ after: -1, isExact: true });
  });

  test('does not depend on ids, status or the form of content', () => {
    const sent: ThreadItem = {
      type: 'message',
      id: 'msg_1',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hello.', annotations: [] }],
    };
    expect(anchorAfter([itemOf(sent)])).toBe(anchorAfter([said('Hello.')]));
  });
});

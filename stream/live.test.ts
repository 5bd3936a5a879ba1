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

/** Holds `text` of attempt 1 of reply_1. */
function holding(text: string) {
  const live = createLiveText();
  live.next();
  live.drafted(draft(text));
  live.next();
  return live;
}

describe('the text of a reply in flight', () => {
  test('begins with the draft, read after the subscription', () => {
    const live = createLiveText();
    expect(live.next()).toEqual({ do: 'read draft' });
    live.drafted(draft('Hello'));
    expect(live.next()).toEqual({ do: 'yield', delta: delta(0, 'Hello') });
    expect(live.next()).toEqual({ do: 'wait' });
  });

  test('waits where nobody speaks', () => {
    const live = createLiveText();
    live.next();
    live.drafted(undefined);
    expect(live.next()).toEqual({ do: 'wait' });
  });

  test('goes on with deltas, put together when the reader takes its time', () => {
    const live = holding('He');
    live.hear(delta(2, 'll'));
    live.hear(delta(4, 'o'));
    expect(live.next()).toEqual({ do: 'yield', delta: delta(2, 'llo') });
    expect(live.next()).toEqual({ do: 'wait' });
  });

  test.each([
    { what: 'inside the draft', heard: delta(0, 'He'), text: 'Hello' },
    { what: 'half inside the draft', heard: delta(3, 'lo you'), text: 'Hello you' },
    { what: 'where the draft ends', heard: delta(5, ' you'), text: 'Hello you' },
  ])('has a delta that comes while the draft is read, $what, once', ({ heard, text }) => {
    const live = createLiveText();
    live.next();
    live.hear(heard);
    live.drafted(draft('Hello'));
    expect(live.next()).toEqual({ do: 'yield', delta: delta(0, text) });
    expect(live.next()).toEqual({ do: 'wait' });
  });

  test('ignores what it has already', () => {
    const live = holding('Hello');
    live.hear(delta(0, 'Hello'));
    expect(live.next()).toEqual({ do: 'wait' });
    live.hear(delta(3, 'lo you'));
    expect(live.next()).toEqual({ do: 'yield', delta: delta(5, ' you') });
  });

  test('fills a gap from the draft, with only what is missing', () => {
    const live = holding('Hello');
    live.hear(delta(9, '!'));
    expect(live.next()).toEqual({ do: 'read draft' });
    live.drafted(draft('Hello you!'));
    expect(live.next()).toEqual({ do: 'yield', delta: delta(5, ' you!') });
  });

  test.each([
    { what: 'a new attempt', heard: delta(0, 'Hi', 2), now: draft('Hi', 2) },
    { what: 'another reply', heard: delta(0, 'Hi', 1, 'reply_2'), now: draft('Hi', 1, 'reply_2') },
  ])('begins anew with $what, when the store confirms it', ({ heard, now }) => {
    const live = holding('Hello');
    live.hear(heard);
    expect(live.next()).toEqual({ do: 'read draft' });
    live.drafted(now);
    expect(live.next()).toEqual({ do: 'yield', delta: { type: 'delta', offset: 0, ...now } });
  });

  test('takes nothing from an attempt that has been replaced', () => {
    const live = holding('Hello');
    live.hear(delta(5, ' late', 0));
    expect(live.next()).toEqual({ do: 'read draft' });
    live.drafted(draft('Hello'));
    expect(live.next()).toEqual({ do: 'wait' });
  });

  test('takes nothing of a reply that has ended', () => {
    const live = holding('Hello');
    live.hear(delta(5, ' you'));
    live.ended('reply_1');
    expect(live.next()).toEqual({ do: 'wait' });
    live.hear(delta(9, '!'));
    expect(live.next()).toEqual({ do: 'read draft' });
    live.drafted(undefined);
    expect(live.next()).toEqual({ do: 'wait' });
  });

  test('reads the draft once more where another reply began during the read', () => {
    const live = holding('Hello');
    live.rewound();
    expect(live.next()).toEqual({ do: 'read draft' });
    live.hear(delta(0, 'Hi', 1, 'reply_2'));
    live.drafted(undefined);
    expect(live.next()).toEqual({ do: 'read draft' });
    live.drafted(draft('Hi', 1, 'reply_2'));
    expect(live.next()).toEqual({ do: 'yield', delta: delta(0, 'Hi', 1, 'reply_2') });
  });

  test('is given whole again after a rewind', () => {
    const live = holding('Hello');
    live.rewound();
    expect(live.next()).toEqual({ do: 'read draft' });
    live.drafted(draft('Hello you'));
    expect(live.next()).toEqual({ do: 'yield', delta: delta(0, 'Hello you') });
  });

  test('of a reader that does not keep up is dropped, and read from the draft when it does', () => {
    const live = holding('');
    const piece = 'x'.repeat(1_000);
    for (let offset = 0; offset < 100_000; offset += 1_000) live.hear(delta(offset, piece));
    expect(live.next()).toEqual({ do: 'read draft' });
    live.drafted(draft('x'.repeat(100_000)));
    expect(live.next()).toEqual({ do: 'yield', delta: delta(0, 'x'.repeat(100_000)) });
  });
});

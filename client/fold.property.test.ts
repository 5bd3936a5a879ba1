/** The fold of a conversation's stream agrees with the rules, however the stream is cut, repeated or taken back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import { headOf } from '../conversation/head.ts';
import { always, inTheEnd } from '../test/kit/life.ts';
import { createFold, foldOf } from './fold.ts';
import type { CallState } from './state.ts';
import type { StreamItem } from './stream.ts';

const asItem = (data: Entry): StreamItem => ({ type: 'entry', id: `${data.seq}.0`, data });

const shownOf = ({ id, tool, status, percent, note, position, suspended }: Shown) => ({
  ...{ id, tool, status, percent, note, position, suspended },
});
type Shown = Pick<
  CallState,
  'id' | 'tool' | 'status' | 'percent' | 'note' | 'position' | 'suspended'
>;

const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);

test('the fold shows the open calls, the reply and the close as the service reports them', () => {
  always(({ log, state }) => {
    const shown = foldOf(log.map(asItem));
    const head = headOf(state);
    const open = head.calls.filter(({ ended_at }) => ended_at === undefined);
    expect(shown.open.map(shownOf).toSorted(byId)).toEqual(open.map(shownOf).toSorted(byId));
    expect(shown.reply?.id).toBe(head.reply?.id);
    expect(shown.status === 'closed').toBe(head.status === 'closed');
    for (const { id, status } of head.calls) {
      expect(shown.calls.find((call) => call.id === id)?.status).toBe(status);
    }
  });
});

test('folding any beginning and then the rest equals folding everything', () => {
  inTheEnd(({ log }) => {
    const items = log.map(asItem);
    const whole = foldOf(items);
    const fold = createFold();
    for (const item of items) {
      fold.apply(item);
      // Reading the fold in between must not change what follows.
      expect(fold.state().seq).toBe(item.type === 'entry' ? item.data.seq : 0);
    }
    expect(fold.state()).toEqual(whole);
  });
});

/** Cuts, repeats, rewinds and live items, at random places. */
const disturbances = fc.array(
  fc.record({
    at: fc.nat(200),
    back: fc.nat(20),
    what: fc.constantFrom('rewind', 'repeat', 'delta', 'progress'),
  }),
  { maxLength: 20 },
);

test('the final state depends on the log alone, whatever was taken back, repeated or shown live', () => {
  const chances = fc.sample(disturbances, 1_000);
  let nth = 0;
  inTheEnd(({ log }) => {
    const items = log.map(asItem);
    const disturbed = disturb(items, chances[nth++ % chances.length]!);
    const { reply, messages, calls, ...rest } = foldOf(disturbed);
    const wanted = foldOf(items);
    expect(rest.entries).toEqual(wanted.entries);
    expect(rest.status).toBe(wanted.status);
    const isOver = ({ status }: { status?: string }) => status !== 'streaming';
    expect(messages.filter((each) => isOver(each as { status?: string }))).toEqual(
      wanted.messages.filter((each) => isOver(each as { status?: string })),
    );
    expect(reply?.id).toBe(wanted.reply?.id);
    expect(calls.map(({ id, status }) => [id, status])).toEqual(
      wanted.calls.map(({ id, status }) => [id, status]),
    );
  });
});

function disturb(
  items: StreamItem[],
  chances: { at: number; back: number; what: string }[],
): StreamItem[] {
  const result: StreamItem[] = [];
  for (const [nth, item] of items.entries()) {
    result.push(item);
    for (const { at, back, what } of chances) {
      if (at % items.length !== nth) continue;
      const from = Math.max(0, nth + 1 - back);
      const again = items.slice(from, nth + 1);
      if (what === 'repeat') result.push(...again);
      else if (what === 'rewind') {
        result.push({ type: 'rewind', id: `${from}.1`, data: { to: from } }, ...again);
      } else if (what === 'delta') {
        const reply_id = `reply_${back}`;
        result.push({ type: 'delta', data: { reply_id, attempt: 1, offset: 0, text: 'Live' } });
      } else {
        const call_id = `call_${back}`;
        result.push({ type: 'progress', data: { call_id, percent: back, note: 'live' } });
      }
    }
  }
  return result;
}

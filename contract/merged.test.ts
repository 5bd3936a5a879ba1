import { expect, test } from 'vitest';
import { installing } from '../test/kit/story.ts';
import type { Entry } from './entry.ts';
import { unmerged } from './merged.ts';

const news = (log: Entry[]) =>
  log.filter(({ kind }) => kind === 'call.event' || kind === 'call.completed');
const told = (log: Entry[]) =>
  unmerged(news(log)).map((entry) =>
    entry.kind === 'call.event' ? (entry.percent ?? entry.data) : entry.kind,
  );

function partial() {
  const story = installing();
  story.progress('call_a', 1, 25);
  story.progress('call_a', 2, 50);
  const result = { call_id: 'call_a', n: 3, event: 'result', data: 'half' } as const;
  story.happens({ type: 'call_event', ...result, schedule: 'when_idle' });
  return story;
}

test('a partial result leaves the progress before it, of which the last is told (R6)', () => {
  expect(told(partial().log)).toEqual([50, 'half']);
});

test('the end of a call leaves its results and drops its progress (R6)', () => {
  const story = partial();
  story.ends('call_a');
  expect(told(story.log)).toEqual(['half', 'call.completed']);
});

test('the receipts of a reply say the same (R6)', () => {
  const story = partial();
  story.pass(5_000);
  story.model('Half of it.');
  const receipts = story.all('receipt');
  const spoken = receipts.filter(({ fate }) => fate === 'spoken').flatMap(({ of }) => of);
  expect(unmerged(news(story.log)).map(({ seq }) => seq)).toEqual(spoken.toSorted((a, b) => a - b));
  expect(receipts.filter(({ fate }) => fate === 'merged')).toHaveLength(1);
});

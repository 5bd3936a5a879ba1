import { expect, test } from 'vitest';
import { Story } from '../test/kit/story.ts';

const dropped = {
  type: 'signal_dropped',
  signal: 'message',
  why: 'text must be a string.',
} as const;

test('signals that do not fit are logged at most five times a minute, and the others are counted', () => {
  const story = new Story();
  for (let i = 0; i < 12; i++) story.happens(dropped);
  expect(story.all('signal.dropped')).toHaveLength(5);
  expect(story.state.turn).toEqual({ phase: 'idle' });
  story.pass(60_000);
  story.happens(dropped);
  expect(story.all('signal.dropped').at(-1)).toMatchObject({ more: 7 });
  for (let i = 0; i < 6; i++) story.happens(dropped);
  story.happens({ type: 'close' });
  story.happens({ type: 'settled' });
  expect(story.log.slice(-2)).toMatchObject([
    { kind: 'signal.dropped', more: 2 },
    { kind: 'conversation.closed' },
  ]);
  expect(story.all('signal.dropped')).toHaveLength(11);
});

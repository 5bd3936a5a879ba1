/** How often an attempt's heartbeat is sent. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { attempt, NAME } from '../../test/kit/call-stage.ts';
import type { CallServer } from './call-server.ts';
import { type AttemptOutcome, createLink } from './link.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a heartbeat for news puts the next regular one off, and none follows the end', async () => {
  const over = Promise.withResolvers<AttemptOutcome>();
  const first = attempt(1);
  const link = createLink(first, {
    call: NAME,
    server: {} as CallServer,
    details: () => 'as far as it is',
    stop: () => {},
    answered: () => {},
    hear: () => {},
    outcome: over.promise,
    beat_ms: 1_000,
  });
  const following = link.follow(first);
  await vi.advanceTimersByTimeAsync(900);
  link.beat();
  await vi.advanceTimersByTimeAsync(900);
  expect(first.beats).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(first.beats).toHaveLength(2);

  over.resolve({ kind: 'ended', end: { type: 'completed', result: 'done' }, isCertain: true });
  await following;
  link.beat();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(first.beats).toHaveLength(3);
});

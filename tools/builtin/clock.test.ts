import { expect, test } from 'vitest';
import type { CallContext } from '../define.ts';
import clock from './clock.ts';

test.each([
  [{}, 'UTC'],
  [{ time_zone: 'Asia/Tokyo' }, 'Asia/Tokyo'],
])('the time for %j is given in %s', async (given, time_zone) => {
  const told = await clock.run(clock.input.parse(given), {} as CallContext);
  expect(told).toEqual({
    time_zone,
    local: expect.stringMatching(/\d{4} at \d\d:\d\d:\d\d/),
    utc: expect.stringMatching(/^\d{4}-.*Z$/),
  });
});

test.each(['Mars/Olympus', '', 5])('%j is not a time zone', (time_zone) => {
  expect(clock.input.safeParse({ time_zone }).success).toBe(false);
});

import { expect, test } from 'vitest';
import { createLanes } from './lanes.ts';

test('only so much goes on at once, and the rest follows in order', async () => {
  const lanes = createLanes(2);
  const begun: number[] = [];
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const all = ends.map(({ promise }, nth) =>
    lanes(() => {
      begun.push(nth);
      return promise;
    }),
  );
  expect(begun).toEqual([0, 1]);
  ends[1]!.resolve();
  await all[1];
  await expect.poll(() => begun).toEqual([0, 1, 2]);
  ends[0]!.resolve();
  await expect.poll(() => begun).toEqual([0, 1, 2, 3]);
  for (const { resolve } of ends) resolve();
  await Promise.all(all);
});

test('work that fails makes room too', async () => {
  const lanes = createLanes(1);
  await expect(lanes(() => Promise.reject(new Error('fails')))).rejects.toThrow('fails');
  expect(await lanes(async () => 'goes on')).toBe('goes on');
});

import { expect, test } from 'vitest';
import { createLanes } from './lanes.ts';

const { signal } = new AbortController();

test('only a limited number of tasks runs at once, and the rest follows in order', async () => {
  const lanes = createLanes(2);
  const begun: number[] = [];
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const all = ends.map(({ promise }, nth) =>
    lanes(() => {
      begun.push(nth);
      return promise;
    }, signal),
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

test('a failed task frees its place too', async () => {
  const lanes = createLanes(1);
  await expect(lanes(() => Promise.reject(new Error('fails')), signal)).rejects.toThrow('fails');
  expect(await lanes(async () => 'goes on', signal)).toBe('goes on');
});

test('an aborted task leaves the queue, and those behind it move up', async () => {
  const lanes = createLanes(1);
  const first = Promise.withResolvers<void>();
  const cancel = new AbortController();
  const running = lanes(() => first.promise, signal);
  const unwanted = lanes(() => Promise.reject(new Error('it began')), cancel.signal);
  const last = lanes(async () => 'last', signal);
  cancel.abort(new Error('cancelled'));
  await expect(unwanted).rejects.toThrow('cancelled');
  first.resolve();
  await running;
  expect(await last).toBe('last');
});

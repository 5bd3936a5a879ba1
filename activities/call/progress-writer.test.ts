import { expect, test } from 'vitest';
import { createProgressWriter } from './progress-writer.ts';

const HOUR = 3_600_000;
const fail = (error: unknown) => {
  throw error;
};

test('the first step is written at once, and the last one however soon it ends', async () => {
  const written: number[] = [];
  const live = createProgressWriter<number>(async (step) => void written.push(step), fail, {
    rest_ms: HOUR,
  });
  live.show(1);
  expect(written).toEqual([1]);
  for (let step = 2; step <= 100; step += 1) live.show(step);
  await live.finish();
  expect(written).toEqual([1, 100]);
});

test('only the latest step is written after each pause', async () => {
  const written: number[] = [];
  const third = Promise.withResolvers<void>();
  const live = createProgressWriter<number>(
    async (step) => {
      written.push(step);
      if (step === 3) third.resolve();
    },
    fail,
    { rest_ms: 1 },
  );
  live.show(1);
  live.show(2);
  live.show(3);
  await third.promise;
  await live.finish();
  expect(written).toEqual([1, 3]);
});

test('a slow store gets one write at a time', async () => {
  const slow = Promise.withResolvers<void>();
  const written: number[] = [];
  const live = createProgressWriter<number>(
    (step) => {
      written.push(step);
      return slow.promise;
    },
    fail,
    { rest_ms: 0 },
  );
  live.show(1);
  live.show(2);
  live.show(3);
  const finished = live.finish();
  expect(written).toEqual([1]);
  slow.resolve();
  await finished;
  expect(written).toEqual([1, 3]);
});

test('a step that cannot be written is reported, and the next one is written', async () => {
  const failures: unknown[] = [];
  const written: number[] = [];
  const live = createProgressWriter<number>(
    async (step) => {
      if (step === 1) throw new Error('full');
      written.push(step);
    },
    (error) => failures.push(error),
    { rest_ms: 0 },
  );
  live.show(1);
  live.show(2);
  await live.finish();
  expect(failures).toEqual([new Error('full')]);
  expect(written).toEqual([2]);
});

test('a writer without steps has nothing to finish', async () => {
  const live = createProgressWriter<number>(fail, fail);
  await expect(live.finish()).resolves.toBeUndefined();
});

test('a store that does not answer does not delay the end', async () => {
  const live = createProgressWriter<number>(() => new Promise(() => {}), fail, { finish_ms: 1 });
  live.show(1);
  expect(await live.finish()).toBeUndefined();
});

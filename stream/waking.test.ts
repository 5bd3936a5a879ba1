import { expect, test } from 'vitest';
import { everythingThatCan } from '../test/kit/followed.ts';
import { createFew } from './few.ts';
import { createWaking } from './waking.ts';

test('a crowd is woken a few at a time, each once', async () => {
  const waking = createWaking();
  const woken: number[] = [];
  for (let nth = 0; nth < 250; nth++) waking.add(() => woken.push(nth));
  waking.wake();
  expect(woken).toHaveLength(100);
  while (woken.length < 250) await everythingThatCan();
  await everythingThatCan();
  expect(woken).toEqual(Array.from({ length: 250 }, (_, nth) => nth));
});

test('an event while a crowd is woken wakes all of it once more', async () => {
  const waking = createWaking();
  let woken = 0;
  for (let nth = 0; nth < 150; nth++) waking.add(() => woken++);
  waking.wake();
  waking.wake();
  waking.wake();
  for (let round = 0; round < 10; round++) await everythingThatCan();
  expect(woken).toBe(300);
});

test('a removed waiter is not woken', () => {
  const waking = createWaking();
  let woken = 0;
  waking.add(() => woken++)();
  waking.wake();
  expect(woken).toBe(0);
});

test('a limited number of jobs run at once, in order, even after one that failed', async () => {
  const few = createFew(2);
  const begun: number[] = [];
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const works = gates.map((gate, nth) =>
    few(() => {
      begun.push(nth);
      return gate.promise;
    }),
  );
  works[0]!.catch(() => {});
  await everythingThatCan();
  expect(begun).toEqual([0, 1]);
  gates[0]!.reject(new Error('failed'));
  await expect(works[0]).rejects.toThrow('failed');
  await everythingThatCan();
  expect(begun).toEqual([0, 1, 2]);
  for (const gate of gates.slice(1)) gate.resolve();
  await Promise.all(works.slice(1));
  expect(begun).toEqual([0, 1, 2, 3]);
});

import { expect, test } from 'vitest';
import { createLookupCache } from './lookup-cache.ts';

const setup = (read: (name: string) => Promise<string>) => {
  const clock = { now: 0 };
  return { clock, ...createLookupCache({ read, max: 10, fresh_ms: 100, now: () => clock.now }) };
};

test('while a look-up hangs, the last value is returned', async () => {
  let isHung = false;
  const { get, clock } = setup((name) =>
    isHung ? new Promise<never>(() => {}) : Promise.resolve(name),
  );
  await get('a');
  isHung = true;
  clock.now = 200;
  expect(await get('a')).toBe('a');
});

test('a value that was being read during `clear` is not kept', async () => {
  const old = Promise.withResolvers<string>();
  const answers = [old.promise, Promise.resolve('new')];
  const { get, clear } = setup(() => answers.shift()!);
  const reading = get('a');
  clear();
  old.resolve('old');
  expect(await reading).toBe('old');
  expect(await get('a')).toBe('new');
});

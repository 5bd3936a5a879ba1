import { expect, test } from 'vitest';
import { remembered } from './remembered.ts';

const setup = (read: (name: string) => Promise<string>) => {
  const clock = { now: 0 };
  return { clock, ...remembered({ read, max: 10, fresh_ms: 100, now: () => clock.now }) };
};

test('while a reading does not come back, the last value is used', async () => {
  let isHung = false;
  const { get, clock } = setup((name) =>
    isHung ? new Promise<never>(() => {}) : Promise.resolve(name),
  );
  await get('a');
  isHung = true;
  clock.now = 200;
  expect(await get('a')).toBe('a');
});

test('what was being read when everything was forgotten is not remembered', async () => {
  const old = Promise.withResolvers<string>();
  const answers = [old.promise, Promise.resolve('new')];
  const { get, forget } = setup(() => answers.shift()!);
  const reading = get('a');
  forget();
  old.resolve('old');
  expect(await reading).toBe('old');
  expect(await get('a')).toBe('new');
});

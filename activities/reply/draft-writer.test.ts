import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDraftWriter } from './draft-writer.ts';

/** A store whose writes end when the test says so. */
function slowStore() {
  const writes: { text: string; offset: number; done: PromiseWithResolvers<void> }[] = [];
  const write = (text: string, offset: number) => {
    const done = Promise.withResolvers<void>();
    writes.push({ text, offset, done });
    return done.promise;
  };
  const written = () => writes.map(({ text, offset }) => [offset, text]);
  return { writes, write, written };
}

const ok = () => {
  throw new Error('Nothing was to fail.');
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('the first text is written at once', () => {
  const store = slowStore();
  createDraftWriter(store.write, ok, 40).add('a');
  expect(store.written()).toEqual([[0, 'a']]);
});

test('text that comes during a write is gathered and written as one piece with its offset', async () => {
  const store = slowStore();
  const writer = createDraftWriter(store.write, ok, 0);
  for (const text of ['ab', 'c', 'd']) writer.add(text);
  expect(store.written()).toEqual([[0, 'ab']]);
  const finished = writer.finish();
  store.writes[0]!.done.resolve();
  await setImmediate();
  expect(store.written()).toEqual([
    [0, 'ab'],
    [2, 'cd'],
  ]);
  store.writes[1]!.done.resolve();
  await finished;
});

test('finishing cuts the pause between two writes short', async () => {
  const store = slowStore();
  const writer = createDraftWriter(store.write, ok, 1_000_000);
  writer.add('a');
  store.writes[0]!.done.resolve();
  await setImmediate();
  writer.add('b');
  expect(store.writes).toHaveLength(1);
  const finished = writer.finish();
  await setImmediate();
  expect(store.written()).toEqual([
    [0, 'a'],
    [1, 'b'],
  ]);
  store.writes[1]!.done.resolve();
  await finished;
});

test('a failure is reported once, and nothing more is written', async () => {
  const store = slowStore();
  const failures: unknown[] = [];
  const writer = createDraftWriter(store.write, (error) => failures.push(error), 0);
  writer.add('a');
  writer.add('b');
  store.writes[0]!.done.reject(new Error('The store is gone.'));
  await writer.finish();
  writer.add('c');
  await writer.finish();
  expect(failures).toEqual([new Error('The store is gone.')]);
  expect(store.written()).toEqual([[0, 'a']]);
});

test('nothing more is written after discarding', async () => {
  const store = slowStore();
  const writer = createDraftWriter(store.write, ok, 0);
  writer.add('a');
  writer.add('b');
  writer.discard();
  store.writes[0]!.done.resolve();
  await writer.finish();
  expect(store.written()).toEqual([[0, 'a']]);
});

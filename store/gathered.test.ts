import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { gathered } from './gathered.ts';

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

function stage(fails: (values: string[]) => boolean = () => false) {
  const written: string[][] = [];
  const put = gathered<string>(async (values) => {
    if (fails(values)) throw new Error(`cannot write ${values.join()}`);
    written.push(values);
  }, 100);
  return { put, written };
}

test('the first progress is written at once, and what comes during the pause is written together, the latest of each call', async () => {
  const { put, written } = stage();
  await put('a', 'a1');
  const later = [put('a', 'a2'), put('b', 'b1'), put('a', 'a3')];
  expect(written).toEqual([['a1']]);
  await vi.advanceTimersByTimeAsync(100);
  await Promise.all(later);
  expect(written).toEqual([['a1'], ['a3', 'b1']]);
});

test('the next progress after a quiet pause is written at once', async () => {
  const { put, written } = stage();
  await put('a', 'a1');
  await vi.advanceTimersByTimeAsync(100);
  await put('a', 'a2');
  expect(written).toEqual([['a1'], ['a2']]);
});

test('a failed write does not affect the others', async () => {
  const { put, written } = stage((values) => values.includes('bad'));
  await put('a', 'a1');
  const good = put('b', 'b1');
  const bad = expect(put('c', 'bad')).rejects.toThrow('cannot write bad');
  await vi.advanceTimersByTimeAsync(100);
  await Promise.all([good, bad]);
  expect(written).toEqual([['a1'], ['b1']]);
});

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

test('the first is written at once; what comes within the rest is written together, the latest of each', async () => {
  const { put, written } = stage();
  await put('a', 'a1');
  const later = [put('a', 'a2'), put('b', 'b1'), put('a', 'a3')];
  expect(written).toEqual([['a1']]);
  await vi.advanceTimersByTimeAsync(100);
  await Promise.all(later);
  expect(written).toEqual([['a1'], ['a3', 'b1']]);
});

test('after a rest without news the next is written at once again', async () => {
  const { put, written } = stage();
  await put('a', 'a1');
  await vi.advanceTimersByTimeAsync(100);
  await put('a', 'a2');
  expect(written).toEqual([['a1'], ['a2']]);
});

test('one that cannot be written does not spoil the others', async () => {
  const { put, written } = stage((values) => values.includes('bad'));
  await put('a', 'a1');
  const good = put('b', 'b1');
  const bad = expect(put('c', 'bad')).rejects.toThrow('cannot write bad');
  await vi.advanceTimersByTimeAsync(100);
  await Promise.all([good, bad]);
  expect(written).toEqual([['a1'], ['b1']]);
});

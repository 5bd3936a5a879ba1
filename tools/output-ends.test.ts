import { expect, test } from 'vitest';
import { createOutputEnds } from './output-ends.ts';

function ends(lines: string[], each: number) {
  const output = createOutputEnds(each);
  lines.forEach((line) => output.add(line));
  return output;
}

test('a short output is kept complete', () => {
  expect(ends(['one', 'two'], 100).text()).toBe('one\ntwo');
  expect(ends(['one', 'two'], 100).tail()).toBe('one\ntwo');
});

test('both ends of a long output are kept, with the size of the gap', () => {
  const numbers = Array.from({ length: 100 }, (_, i) => `${i}`);
  const output = ends(numbers, 9);
  expect(output.text()).toBe('0\n1\n2\n3\n… 93 lines left out …\n97\n98\n99');
  expect(output.tail()).toBe('97\n98\n99');
});

test('the two ends leave no unmarked gap', () => {
  expect(ends(['1', '2', '3', '4'], 4).text()).toBe('1\n2\n3\n4');
});

test('a single line longer than an end is not lost', () => {
  expect(ends(['x'.repeat(50)], 10).text()).toBe('x'.repeat(50));
});

test('the tail stays within its size', () => {
  expect(ends(['a'.repeat(50)], 10).tail()).toHaveLength(10);
});

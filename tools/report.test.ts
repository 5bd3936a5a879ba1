import { describe, expect, test } from 'vitest';
import { yieldsProgress } from './report.ts';

describe('a tool', () => {
  const generator = async function* () {};
  const promise = async () => 1;

  test('that may yield reports progress unless it sets otherwise', () => {
    expect(yieldsProgress({ run: generator })).toBe(true);
    expect(yieldsProgress({ run: generator, progress: false })).toBe(false);
  });

  test('that only returns reports no progress unless it sets otherwise', () => {
    expect(yieldsProgress({ run: promise })).toBe(false);
    expect(yieldsProgress({ run: promise, progress: true })).toBe(true);
  });

  test('that is remote reports progress unless it sets otherwise', () => {
    expect(yieldsProgress({ remote: {} })).toBe(true);
    expect(yieldsProgress({ remote: {}, progress: false })).toBe(false);
  });
});

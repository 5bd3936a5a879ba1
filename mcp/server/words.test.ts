import { expect, test } from 'vitest';
import type { Result } from './results.ts';
import { called } from './words.ts';

const result = (kind: Result['kind'], text: string, data?: string): Result => ({
  n: 1,
  at: '2030-01-01T00:00:00.000Z',
  kind,
  text,
  ...(data !== undefined && { data }),
});

test('a call that ended is answered with what its tool returned', () => {
  const answer = called('conv', [result('said', 'call_1, its last: done', 'done')]);
  expect(answer).toMatchObject({ content: [{ type: 'text', text: 'done' }] });
  expect(answer.isError).toBeUndefined();
});

test.each([
  ['failed', 'call_1 was cancelled.'],
  ['closed', 'The conversation is closed for good.'],
] as const)(
  'a call that came to nothing is answered with an error that says why: %s',
  (kind, text) => {
    expect(called('conv', [result(kind, text)])).toMatchObject({
      isError: true,
      content: [{ type: 'text', text }],
    });
  },
);

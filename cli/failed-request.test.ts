import { expect, test } from 'vitest';
import { APIConnectionError, APIError } from '../client/index.ts';
import { failedRequest } from './failed-request.ts';

test.each([
  [
    new APIConnectionError('refused'),
    'No service answers at http://a. Start one with `meanwhile start`, or set PORT.',
  ],
  [new APIError('502 Bad gateway', { status: 502 }), 'The server at http://a is not Meanwhile.'],
  [
    new APIError('401', { status: 401, problem: { code: 'unauthenticated', detail: 'No key.' } }),
    'No key.',
  ],
])('%s is reported as %j', (error, message) => {
  expect(failedRequest(error, 'http://a', 'set PORT')).toMatchObject({ message, cause: error });
});

test('an error that is not of a request keeps its stack', () => {
  const bug = new TypeError('x is not a function');
  expect(failedRequest(bug, 'http://a', 'set PORT')).toBe(bug);
});

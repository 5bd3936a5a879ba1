import { expect, test } from 'vitest';
import { APIError } from '../../client/index.ts';
import { failureOf } from './failure.ts';

const fields = [{ name: 'page' }, { name: 'share' }];
const refused = (code: string, errors: { path: string; message: string }[] = []) =>
  new APIError('It is not valid.', { status: 400, problem: { code, errors } });

test('an error that the service finds in a field is shown at that field, in words', () => {
  const errors = [
    { path: 'body.content.page', message: 'must match format "uri"' },
    { path: 'body.content.share', message: 'must be <= 100' },
  ];
  expect(failureOf(refused('invalid_request', errors), fields)).toEqual({
    words: 'Nothing was sent yet: see above.',
    fields: new Map([
      ['page', 'It must be an address, such as https://example.com.'],
      ['share', 'It must be <= 100.'],
    ]),
  });
});

test('any other error is shown for the whole form', () => {
  const words = (error: Error) => failureOf(error, fields).words;
  expect(words(refused('call_not_asking'))).toBe('This question is answered already.');
  expect(words(new Error('No connection.'))).toBe('Nothing was sent. No connection.');
  expect(words(refused('invalid_request'))).toBe('Nothing was sent. It is not valid.');
});

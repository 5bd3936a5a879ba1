import { expect, test } from 'vitest';
import { isAway } from './is-away.ts';

const withCode = (code: string) => Object.assign(new Error('It failed.'), { code });

test.each([
  withCode('ECONNREFUSED'),
  withCode('57P01'),
  withCode('57P03'),
  withCode('08006'),
  withCode('53300'),
  withCode('40P01'),
  withCode('25P03'),
  new Error('Connection terminated unexpectedly'),
  new Error('Connection terminated due to connection timeout'),
  new Error('timeout exceeded when trying to connect'),
  new Error('The database has stopped.'),
  new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]),
  new Error('The log was not written.', { cause: withCode('ECONNRESET') }),
])('away, and asked again: %s', (error) => expect(isAway(error)).toBe(true));

test.each([
  withCode('22P05'),
  withCode('23505'),
  withCode('42P01'),
  withCode('57014'),
  new TypeError("Cannot read properties of undefined (reading 'text')"),
  new Error('there would be a gap'),
  'Connection terminated',
])('not mended by waiting: %s', (error) => expect(isAway(error)).toBe(false));

import { describe, expect, test } from 'vitest';
import { signPushToken, verifyPushToken } from './push-token.ts';

const SECRET = 'a secret that is long enough for this';
const claims = { tenant: 'acme', conversation: 'conv_1', call_id: 'call_1', expires_at: 2_000 };
const token = signPushToken(SECRET, claims);
const verify = (given: string, { secret = SECRET, now = 1_999 } = {}) =>
  verifyPushToken(secret, given, now);

test('a token names the call that it is for, and fits in a URL unchanged', () => {
  expect(verify(token)).toEqual({ outcome: 'valid', claims });
  expect(encodeURIComponent(token)).toBe(token);
});

test('a token expires at its time, and a forged one is not reported as expired', () => {
  expect(verify(token, { now: 2_000 }).outcome).toBe('expired');
  expect(verify(token.slice(0, -1), { now: 2_000 }).outcome).toBe('forged');
});

describe('a push is refused with', () => {
  const [payload, signature] = token.split('.') as [string, string];
  const bent = (more: object) =>
    Buffer.from(JSON.stringify({ ...claims, ...more })).toString('base64url');
  test.each([
    ['nothing', ''],
    ['something else', 'hello'],
    ['a payload without a signature', payload],
    ['an empty signature', `${payload}.`],
    ['a signature that is cut short', token.slice(0, -1)],
    ['a signature with an extra character', `${token}A`],
    ['a third part', `${token}.${signature}`],
    ['the token of another tenant', `${bent({ tenant: 'other' })}.${signature}`],
    ['the token of another call', `${bent({ call_id: 'call_2' })}.${signature}`],
    ['a longer life', `${bent({ expires_at: 9_000_000 })}.${signature}`],
    ['a payload that is not valid JSON', `${Buffer.from('{').toString('base64url')}.${signature}`],
    ['a forged signature of the right length', `${payload}.${'A'.repeat(43)}`],
  ])('%s', (_, given) => {
    expect(verify(given)).toEqual({ outcome: 'forged' });
  });

  test('a token that another secret signed', () => {
    expect(verify(token, { secret: 'another secret, as long as the first' }).outcome).toBe(
      'forged',
    );
  });

  test('a token with any one character changed', () => {
    for (let i = 0; i < token.length; i += 1) {
      const other = token[i] === 'x' ? 'y' : 'x';
      // The last character of a signature has two unused bits.
      if (i === token.length - 1) continue;
      expect(verify(token.slice(0, i) + other + token.slice(i + 1)).outcome).toBe('forged');
    }
  });
});

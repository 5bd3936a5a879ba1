import { expect, test } from 'vitest';
import { readToken, signToken, type TokenClaims } from './token.ts';

const SECRET = 'a secret of the tests, long enough';
const claims: TokenClaims = {
  kind: 'conversation',
  tenant: 'acme',
  conversation: 'conv_1',
  scopes: ['read', 'write'],
  key: 'key_1',
  expires_at: 1_900_000_000_000,
};

test('a token says what was signed', () => {
  expect(readToken(SECRET, signToken(SECRET, claims))).toEqual(claims);
  const operator: TokenClaims = { kind: 'operator', expires_at: 1 };
  expect(readToken(SECRET, signToken(SECRET, operator))).toEqual(operator);
});

test('a token with any changed part is not read, nor one signed with another secret', () => {
  const token = signToken(SECRET, claims);
  const [, payload = '', signature = ''] = /^mw_token_(.+)\.(.+)$/.exec(token)!;
  const forged = Buffer.from(JSON.stringify({ ...claims, tenant: 'other' })).toString('base64url');
  const changed = [
    `mw_token_${forged}.${signature}`,
    `mw_token_${payload}.${'A'.repeat(43)}`,
    `mw_token_${payload}`,
    `${token}x`,
    token.slice('mw_token_'.length),
    '',
  ];
  for (const each of changed) expect(readToken(SECRET, each), each).toBeUndefined();
  expect(readToken('another secret that is long enough', token)).toBeUndefined();
});

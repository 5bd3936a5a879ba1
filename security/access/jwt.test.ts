import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { type JwtOptions, looksLikeJwt, principalOfJwt, remoteKeys } from './jwt.ts';
import { CannotVerify, Unauthenticated } from './principal.ts';

const ISSUER = 'https://login.example';
const AUDIENCE = 'meanwhile';
let options: JwtOptions;
let sign: (claims: Record<string, unknown>, exp?: string) => Promise<string>;

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
  const keys = createLocalJWKSet({ keys: [jwk] });
  options = { issuer: ISSUER, audience: AUDIENCE, tenantClaim: 'org', keys };
  sign = (claims, exp = '5m') =>
    new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'ann', org: 'acme', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuedAt()
      .setExpirationTime(exp)
      .sign(privateKey);
});

test('a valid token names tenant, user and scopes', async () => {
  const token = await sign({ scope: 'openid meanwhile:read write unknown' });
  expect(looksLikeJwt(token)).toBe(true);
  expect(await principalOfJwt(token, options)).toEqual({
    kind: 'jwt',
    tenant: 'acme',
    scopes: ['read', 'write'],
    id: 'jwt:ann',
  });
});

test('a token without a scope may do nothing', async () => {
  expect((await principalOfJwt(await sign({}), options)).scopes).toEqual([]);
});

test.each([
  ['another issuer', { iss: 'https://evil.example' }, undefined],
  ['another audience', { aud: 'elsewhere' }, undefined],
  ['no user', { sub: undefined }, undefined],
  ['no tenant', { org: undefined }, undefined],
  ['a tenant that is a path', { org: '../acme' }, undefined],
  ['the test side of a tenant', { org: 'acme.test' }, undefined],
  ['an expiry that has passed', {}, '-1m'],
])('a token with %s is refused', async (_, claims, exp) => {
  const token = await sign(claims, exp);
  await expect(principalOfJwt(token, options)).rejects.toThrow(Unauthenticated);
});

test('a token signed with a key that the issuer does not publish is refused', async () => {
  const { privateKey } = await generateKeyPair('ES256');
  const token = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'ann', org: 'acme' })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setExpirationTime('5m')
    .sign(privateKey);
  await expect(principalOfJwt(token, options)).rejects.toThrow(Unauthenticated);
});

test('a token that is not signed, or with a shared secret, is refused', async () => {
  const [, payload] = (await sign({})).split('.');
  const head = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  await expect(principalOfJwt(`${head}.${payload}.x`, options)).rejects.toThrow(Unauthenticated);
  const shared = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'ann', org: 'acme' })
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode('x'.repeat(32)));
  await expect(principalOfJwt(shared, options)).rejects.toThrow(Unauthenticated);
});

test("while the issuer's keys cannot be fetched, a token is neither valid nor invalid", async () => {
  const keys = remoteKeys('http://127.0.0.1:1/keys');
  const token = await sign({});
  await expect(principalOfJwt(token, { ...options, keys })).rejects.toThrow(CannotVerify);
});

/** Verifies JSON Web Tokens of an identity provider, an alternative to keys. */
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { SCOPES, type Scope, tenantName } from '../../contract/access.ts';
import { CannotVerify, type Principal, Unauthenticated } from './principal.ts';

export interface JwtOptions {
  issuer: string;
  audience: string;
  /** The claim that names the tenant. */
  tenantClaim: string;
  /** The issuer's public keys. */
  keys: JWTVerifyGetKey;
}

/** The keys are fetched when they are first needed, and again when a token names one that is not known. */
export const remoteKeys = (url: string): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL(url), { timeoutDuration: 5_000 });

export const looksLikeJwt = (text: string) => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

/** Only signatures with a public key. An issuer's keys are published, so a shared secret among them would not be secret. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/** @throws Unauthenticated; CannotVerify if the issuer's keys cannot be fetched */
export async function principalOfJwt(
  token: string,
  { issuer, audience, tenantClaim, keys }: JwtOptions,
): Promise<Principal> {
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: 5,
  }).catch(refuse);
  const tenant = tenantName.safeParse(payload[tenantClaim]);
  if (!tenant.success) {
    throw new Unauthenticated(`The claim ${tenantClaim} of the token does not name a tenant.`);
  }
  const id = `jwt:${payload.sub}`;
  return { kind: 'jwt', tenant: tenant.data, scopes: scopesOf(payload), id };
}

/** The claim `scope` (RFC 8693): words separated by spaces, with or without the prefix `meanwhile:`. */
function scopesOf({ scope = '' }: JWTPayload & { scope?: unknown }): Scope[] {
  const words = typeof scope === 'string' ? scope.split(' ') : [];
  const bare = words.map((word) => word.replace(/^meanwhile:/, ''));
  return SCOPES.filter((each) => bare.includes(each));
}

/** jose reports an invalid token with a code of its own. Other errors, and a plain JOSEError, mean that the keys were not fetched. */
function refuse(error: unknown): never {
  if (error instanceof errors.JWTExpired) throw new Unauthenticated('The token has expired.');
  const isAway =
    !(error instanceof errors.JOSEError) ||
    error instanceof errors.JWKSTimeout ||
    error.code === 'ERR_JOSE_GENERIC';
  if (isAway) {
    throw new CannotVerify("The issuer's keys cannot be fetched.", { cause: error });
  }
  throw new Unauthenticated(`The token is not valid: ${error.message}.`);
}

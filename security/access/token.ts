/**
 * Tokens that the service signs itself: for a browser, which gets access to one conversation without its application's key, and for the
 * operator's commands. A token's signature is checked without a look-up. A browser's token ends with its time, or with the key that it
 * was made with.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { scope } from '../../contract/access.ts';

const claims = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('conversation'),
    tenant: z.string(),
    conversation: z.string(),
    scopes: z.array(scope),
    /** Id of the key that it was made with. Absent: it was made without one. */
    key: z.string().optional(),
    /** Milliseconds since 1970. */
    expires_at: z.int(),
  }),
  z.strictObject({ kind: z.literal('operator'), expires_at: z.int() }),
]);

export type TokenClaims = z.infer<typeof claims>;

const PREFIX = 'mw_token_';

export const looksLikeToken = (text: string) => text.startsWith(PREFIX);

/** @returns letters, digits, `_`, `-` and one dot */
export function signToken(secret: string, given: TokenClaims): string {
  const payload = Buffer.from(JSON.stringify(given)).toString('base64url');
  return `${PREFIX}${payload}.${signature(secret, payload).toString('base64url')}`;
}

/** Undefined for a token that this service did not sign. It may have expired. */
export function readToken(secret: string, token: string): TokenClaims | undefined {
  const [, payload, given] = FORM.exec(token) ?? [];
  if (payload === undefined || given === undefined) return undefined;
  const expected = signature(secret, payload);
  if (!timingSafeEqual(Buffer.from(given, 'base64url'), expected)) return undefined;
  // The signature is valid, so the content is our own.
  return claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
}

const FORM = new RegExp(`^${PREFIX}([\\w-]+)\\.([\\w-]{43})$`);

/** The prefix separates access tokens from everything else that the secret signs. */
const signature = (secret: string, payload: string) =>
  createHmac('sha256', secret).update(`access-tokens.${payload}`).digest();

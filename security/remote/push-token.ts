/**
 * Signs the last part of a call's push URL. Its holder may push events of that call while the call waits for them. Without the
 * service's secret, it cannot be forged, or altered to fit another call or tenant.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const claims = z.strictObject({
  tenant: z.string(),
  conversation: z.string(),
  call_id: z.string(),
  /** When the call must be over. Milliseconds since 1970. */
  expires_at: z.int(),
});

export type PushClaims = z.infer<typeof claims>;

export type VerifiedPush =
  | { outcome: 'valid' | 'expired'; claims: PushClaims }
  | { outcome: 'forged' };

/** @returns letters, digits, `_`, `-` and one dot */
export function signPushToken(secret: string, given: PushClaims): string {
  const payload = Buffer.from(JSON.stringify(given)).toString('base64url');
  return `${payload}.${signature(secret, payload).toString('base64url')}`;
}

/** @param now milliseconds since 1970 */
export function verifyPushToken(secret: string, token: string, now: number): VerifiedPush {
  const [, payload, given] = /^([\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
  if (payload === undefined || given === undefined) return { outcome: 'forged' };
  const expected = signature(secret, payload);
  if (!timingSafeEqual(Buffer.from(given, 'base64url'), expected)) return { outcome: 'forged' };
  // The signature is valid, so the content is our own.
  const signed = claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return { outcome: now < signed.expires_at ? 'valid' : 'expired', claims: signed };
}

/** The prefix separates push tokens from everything else that the secret signs. */
const signature = (secret: string, payload: string) =>
  createHmac('sha256', secret).update(`call-events.${payload}`).digest();

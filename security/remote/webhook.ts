/** Signs outgoing requests according to Standard Webhooks (standardwebhooks.com). */
import { Webhook } from 'standardwebhooks';

/**
 * @param secret `whsec_` and base64
 * @param id the same in every attempt, so that the receiver recognises a repeat
 */
export function signedHeaders(
  secret: string,
  { id, at, body }: { id: string; at: Date; body: string },
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'meanwhile',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
}

export function isSigningSecret(text: string): boolean {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (encoded === undefined) return false;
  const { byteLength } = Buffer.from(encoded, 'base64');
  return byteLength >= 24 && byteLength <= 64;
}

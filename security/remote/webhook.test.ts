import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { isSigningSecret, signedHeaders } from './webhook.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

test('a library of Standard Webhooks accepts the signature, and refuses a changed body or id', () => {
  const body = '{"type":"call.requested"}';
  const headers = signedHeaders(secret, { id: 'msg_1', at: new Date(), body });
  expect(new Webhook(secret).verify(body, headers)).toEqual({ type: 'call.requested' });
  expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow('No matching signature');
  const other = { ...headers, 'webhook-id': 'msg_2' };
  expect(() => new Webhook(secret).verify(body, other)).toThrow('No matching signature');
});

test.each([
  [secret, true],
  [`whsec_${Buffer.alloc(24).toString('base64')}`, true],
  [`whsec_${Buffer.alloc(23).toString('base64')}`, false],
  [`whsec_${Buffer.alloc(65).toString('base64')}`, false],
  [secret.slice('whsec_'.length), false],
  ['whsec_', false],
  ['whsec_not base64 at all, however long it is', false],
])('%s is a valid secret: %s', (text, expected) => {
  expect(isSigningSecret(text)).toBe(expected);
});

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { readKeyring } from '../security/encryption/keyring.ts';
import { createTestApi } from '../test/kit/api.ts';

const TOKEN = 'a-token-of-the-tests-that-is-long-enough';
const keyring = readKeyring(`one:${randomBytes(32).toString('base64')}`);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const PAYLOAD = { metadata: { encoding: base64('json/plain') }, data: base64('"hello"') };

test('the codec encrypts and decrypts as the UI of Temporal asks it', async () => {
  const { post } = await createTestApi({ codec: { token: TOKEN, keyring } });
  const encoded = await post(`/codec/${TOKEN}/encode`, { payloads: [PAYLOAD, PAYLOAD] });
  expect(encoded.status).toBe(200);
  const [first] = encoded.body.payloads;
  expect(Buffer.from(first.metadata.encoding, 'base64').toString()).toBe('binary/encrypted');
  const decoded = await post(`/codec/${TOKEN}/decode`, encoded.body);
  expect(decoded.body).toEqual({ payloads: [PAYLOAD, PAYLOAD] });
});

test('the codec decrypts nothing without its token, and does not exist without the setting', async () => {
  const { post } = await createTestApi({ codec: { token: TOKEN, keyring } });
  const wrong = await post(`/codec/${TOKEN}x/decode`, { payloads: [PAYLOAD] });
  expect(wrong.status).toBe(401);
  const without = await createTestApi();
  expect((await without.post(`/codec/${TOKEN}/decode`, { payloads: [] })).status).toBe(404);
});

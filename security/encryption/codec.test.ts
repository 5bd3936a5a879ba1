import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { createCodec } from './codec.ts';
import { readKeyring } from './keyring.ts';

const ring = () => readKeyring(`one:${randomBytes(32).toString('base64')}`);
const WORDS = { text: 'what was said', more: [1, null, { deep: true }] };

test('a payload is encrypted as a whole, and decrypted unchanged', async () => {
  const codec = createCodec(ring());
  const plain = [
    defaultPayloadConverter.toPayload(WORDS),
    defaultPayloadConverter.toPayload(undefined),
  ];
  const encoded = await codec.encode(plain);
  for (const { metadata, data } of encoded) {
    expect(Buffer.from(metadata!['encoding']!).toString()).toBe('binary/encrypted');
    expect(Buffer.from(metadata!['encryption-key-id']!).toString()).toBe('one');
    expect(Buffer.from(data!).toString('latin1')).not.toContain('what was said');
  }
  const decoded = await codec.decode(encoded);
  expect(decoded.map((each) => defaultPayloadConverter.fromPayload(each))).toEqual([
    WORDS,
    undefined,
  ]);
});

test('a payload from before encryption was switched on is read as it is', async () => {
  const plain = [defaultPayloadConverter.toPayload(WORDS)];
  expect(await createCodec(ring()).decode(plain)).toEqual(plain);
});

test('decrypting a payload without its key throws', async () => {
  const encoded = await createCodec(ring()).encode([defaultPayloadConverter.toPayload(WORDS)]);
  const other = readKeyring(`two:${randomBytes(32).toString('base64')}`);
  await expect(createCodec(other).decode(encoded)).rejects.toThrow('the key one');
});

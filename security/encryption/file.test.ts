import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openFile, sealFile } from './file.ts';
import { readKeyring, UnknownKey } from './keyring.ts';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [old, fresh] = [key('old'), key('new')];

/** The bytes in pieces of this size. */
async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}
const sealed = (plain: Uint8Array, keys = old, size = 10_000) =>
  buffer(sealFile(pieces(plain, size), readKeyring(keys)));
const opened = (file: Uint8Array, keys: string | undefined = old, size = 7_777) =>
  buffer(openFile(pieces(file, size), keys === '' ? undefined : readKeyring(keys)));

test.each([0, 1, 65_536, 65_537, 1_000_000])(
  'a file of %i bytes is encrypted, and decrypted unchanged',
  async (size) => {
    const plain = randomBytes(size);
    const file = await sealed(plain);
    if (size > 100) expect(file.includes(plain.subarray(0, 100))).toBe(false);
    expect((await opened(file)).equals(plain)).toBe(true);
    expect((await opened(file, old, 1_000_000_000)).equals(plain)).toBe(true);
  },
);

test('a file that was not encrypted is returned as it is, with keys and without', async () => {
  for (const plain of [Buffer.from('short'), randomBytes(100_000), Buffer.alloc(0)]) {
    expect((await opened(plain)).equals(plain)).toBe(true);
    expect((await opened(plain, '')).equals(plain)).toBe(true);
  }
});

test('a file can be opened after a rotation, and not without its key', async () => {
  const file = await sealed(Buffer.from('words'));
  expect((await opened(file, `${fresh},${old}`)).toString()).toBe('words');
  await expect(opened(file, fresh)).rejects.toThrow(UnknownKey);
  await expect(opened(file, '')).rejects.toThrow('MEANWHILE_ENCRYPTION_KEYS is not set');
});

test('a file that was cut off, altered or put together is refused', async () => {
  const file = await sealed(randomBytes(200_000));
  const other = await sealed(randomBytes(200_000));
  const frames = [19, 19 + 5 + 3 + 65_536 + 21 + 28] as const;
  expect(file.subarray(frames[1] + 5, frames[1] + 8).toString()).toBe('old');
  const altered = Buffer.from(file);
  altered[altered.byteLength - 1]! ^= 1;
  for (const wrong of [
    file.subarray(0, -1),
    file.subarray(0, frames[1]),
    altered,
    Buffer.concat([file, Buffer.from('x')]),
    Buffer.concat([file.subarray(0, frames[0]), file.subarray(frames[1])]),
    Buffer.concat([file.subarray(0, frames[1]), other.subarray(frames[1])]),
  ]) {
    await expect(opened(wrong)).rejects.toThrow();
  }
});

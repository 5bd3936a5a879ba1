import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { readKeyring, UnknownKey } from './keyring.ts';
import { openText, sealText } from './text.ts';

const ring = (id: string) => readKeyring(`${id}:${randomBytes(32).toString('base64')}`);
const WORDS = '{"text":"what was said, ä, 🦓"}';

test('text is encrypted, and decrypted unchanged', () => {
  const keyring = ring('one');
  const sealed = sealText(WORDS, keyring);
  expect(sealed).not.toContain('said');
  expect(openText(sealed, keyring)).toBe(WORDS);
});

test('without keys text stays as it is, and such text is read with keys too', () => {
  expect(sealText(WORDS, undefined)).toBe(WORDS);
  expect(openText(WORDS, undefined)).toBe(WORDS);
  expect(openText(WORDS, ring('one'))).toBe(WORDS);
});

test('opening text without its key throws an error that names the key', () => {
  const sealed = sealText(WORDS, ring('old'));
  expect(() => openText(sealed, ring('new'))).toThrow(UnknownKey);
  expect(() => openText(sealed, undefined)).toThrow('the key old');
});

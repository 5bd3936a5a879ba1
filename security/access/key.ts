/**
 * API keys: `mw_live_` or `mw_test_`, 32 random characters, and a checksum of 6. The checksum tells a mistyped or truncated key from an
 * unknown one without a look-up, and lets scanners recognise a leaked key. Only the hash of a key is stored: 190 random bits need no
 * slow hash.
 */
import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_CHARS = 32;
const CHECKSUM_CHARS = 6;

export interface NewKey {
  /** Identifies the key without revealing it. */
  id: string;
  /** The key itself, to be shown once. */
  key: string;
  hash: string;
  hint: string;
}

export function makeKey({ test }: { test: boolean }): NewKey {
  const body = `mw_${test ? 'test' : 'live'}_${random(SECRET_CHARS)}`;
  const key = `${body}${checksumOf(body)}`;
  return { id: `key_${random(16)}`, key, hash: hashKey(key), hint: hintOf(key) };
}

/** Whether the text has the form of a key and its checksum fits. */
export function isKey(text: string): boolean {
  const [, body, checksum] = KEY.exec(text) ?? [];
  return body !== undefined && checksum === checksumOf(body);
}

/** Whether the text begins like a key. */
export const looksLikeKey = (text: string) => /^mw_(live|test)_/.test(text);

export const hashKey = (key: string) => createHash('sha256').update(key).digest('base64url');

const KEY = new RegExp(
  `^(mw_(?:live|test)_[0-9A-Za-z]{${SECRET_CHARS}})([0-9A-Za-z]{${CHECKSUM_CHARS}})$`,
);

/** `mw_live_3f…9Qxz` */
const hintOf = (key: string) => `${key.slice(0, 10)}…${key.slice(-4)}`;

const random = (chars: number) =>
  Array.from({ length: chars }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

/** 62^6 is more than 2^32. */
function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let place = 0; place < CHECKSUM_CHARS; place += 1) {
    text = ALPHABET[rest % ALPHABET.length]! + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}

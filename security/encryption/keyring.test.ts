import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { readConfig } from '../../config.ts';
import { readKeyring, UnknownKey } from './keyring.ts';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const WORDS = Buffer.from('what was said');

test('sealed words are not readable, differ each time, and can be opened again', () => {
  const setting = key('one');
  const ring = readKeyring(setting);
  const [first, second] = [ring.seal(WORDS), ring.seal(WORDS)];
  expect(first.key).toBe('one');
  expect(Buffer.from(first.data).includes(WORDS)).toBe(false);
  expect(first.data).not.toEqual(second.data);
  expect(Buffer.from(ring.open(first))).toEqual(WORDS);
});

test('after a rotation the new key encrypts, and the old one still opens', () => {
  const [old, fresh] = [key('old'), key('new')];
  const before = readKeyring(old).seal(WORDS);
  const ring = readKeyring(`${fresh},${old}`);
  expect(ring.seal(WORDS).key).toBe('new');
  expect(Buffer.from(ring.open(before))).toEqual(WORDS);
});

test('opening without the key throws an error that names the key', () => {
  const sealed = readKeyring(key('old')).seal(WORDS);
  const opening = () => readKeyring(key('new')).open(sealed);
  expect(opening).toThrow(UnknownKey);
  expect(opening).toThrow('the key old, which is not among MEANWHILE_ENCRYPTION_KEYS');
});

test('altered data is not opened', () => {
  const ring = readKeyring(key('one'));
  const sealed = ring.seal(WORDS);
  for (const place of [0, 12, sealed.data.byteLength - 1]) {
    const data = Uint8Array.from(sealed.data);
    data[place]! ^= 1;
    expect(() => ring.open({ key: 'one', data })).toThrow();
  }
});

test.each(['one', 'one:short', `:${'A'.repeat(43)}=`, `a b:${'A'.repeat(43)}=`])(
  '"%s" is not a setting, and the message does not show it',
  (setting) => {
    const reading = () => readConfig({ MEANWHILE_ENCRYPTION_KEYS: setting });
    expect(reading).toThrow('must be id:key');
    expect(reading).not.toThrow(setting);
  },
);

test('a setting that is accepted is read', () => {
  const setting = `${key('2026-01')},${key('2025.12')}`;
  expect(readConfig({ MEANWHILE_ENCRYPTION_KEYS: setting }).MEANWHILE_ENCRYPTION_KEYS).toBe(
    setting,
  );
  expect(readKeyring(setting).seal(WORDS).key).toBe('2026-01');
});

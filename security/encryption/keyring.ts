/** Encrypts with AES-256-GCM under named keys: the first one encrypts, and each decrypts what it has encrypted. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export interface Sealed {
  /** The id of the key. */
  key: string;
  /** Nonce, ciphertext and tag. */
  data: Uint8Array;
}

export interface Keyring {
  seal(plain: Uint8Array): Sealed;
  /** @throws UnknownKey; Error if the data was altered */
  open(sealed: Sealed): Uint8Array;
}

/** The settings do not have the key with which it was encrypted. */
export class UnknownKey extends Error {
  override name = 'UnknownKey';
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Decrypts with a keyring that may be missing.
 * @throws UnknownKey; Error if the data was altered
 */
export function openSealed(sealed: Sealed, keyring: Keyring | undefined): Uint8Array {
  if (keyring) return keyring.open(sealed);
  throw new UnknownKey(
    `This was encrypted with the key ${sealed.key}: MEANWHILE_ENCRYPTION_KEYS is not set.`,
  );
}

/** @param setting `id:base64`, separated by commas: config.ts has checked its form */
export function readKeyring(setting: string): Keyring {
  const keys = new Map(
    setting.split(',').map((each): [string, Buffer] => {
      const [id = '', secret = ''] = each.split(':');
      return [id, Buffer.from(secret, 'base64')];
    }),
  );
  for (const [id, key] of keys) {
    if (key.byteLength !== KEY_BYTES) throw new Error(`The key ${id} is not 32 bytes long.`);
  }
  const [current] = keys;
  const [id, key] = current!;
  return {
    seal(plain) {
      // A random nonce: 2^32 messages with one key stay far below a collision that matters.
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const data = Buffer.concat([
        nonce,
        cipher.update(plain),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return { key: id, data };
    },

    open({ key: name, data }) {
      const secret = keys.get(name);
      if (!secret) {
        throw new UnknownKey(
          `This was encrypted with the key ${name}, which is not among MEANWHILE_ENCRYPTION_KEYS.`,
        );
      }
      const end = data.byteLength - TAG_BYTES;
      const decipher = createDecipheriv('aes-256-gcm', secret, data.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(data.subarray(end));
      return Buffer.concat([decipher.update(data.subarray(NONCE_BYTES, end)), decipher.final()]);
    },
  };
}

/** Encrypts text that passes through a third party, if encryption is switched on. */
import { type Keyring, openSealed } from './keyring.ts';

/** The first character of encrypted text: a control character, with which no JSON begins. */
const BEGIN = '\u0002';

/** Without keys, returns the text as it is. */
export function sealText(text: string, keyring: Keyring | undefined): string {
  if (!keyring) return text;
  const { key, data } = keyring.seal(Buffer.from(text));
  return `${BEGIN}${key}:${Buffer.from(data).toString('base64url')}`;
}

/**
 * Text from before encryption was switched on is returned as it is.
 * @throws UnknownKey; Error if the text was altered
 */
export function openText(text: string, keyring: Keyring | undefined): string {
  if (!text.startsWith(BEGIN)) return text;
  const [key = '', data = ''] = text.slice(BEGIN.length).split(':');
  return Buffer.from(openSealed({ key, data: Buffer.from(data, 'base64url') }, keyring)).toString();
}

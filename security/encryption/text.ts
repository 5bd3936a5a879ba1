/** Encrypts text on its way through a third party, where encryption is switched on. */
import { type Keyring, openSealed } from './keyring.ts';

/** A control character, with which no JSON begins: it tells encrypted text from text. */
const BEGIN = '\u0002';

/** Undefined keys: the text as it is. */
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

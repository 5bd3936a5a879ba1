/** Which addresses a remote tool may have: the URL is checked here, what it resolves to in request.ts. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * What is wrong with the URL, judged by its text alone: a name may still resolve to a private address. The URL parser has
 * normalised other notations of an IPv4 address (0x7f.1, 2130706433, 0177.0.0.1).
 * @returns undefined when nothing is wrong
 */
export function refuseUrl(
  text: string,
  { allowPrivate }: { allowPrivate: boolean },
): string | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    return 'must be an address that begins with https:// or http://';
  }
  if (url.username || url.password) return 'must not contain a user or a password';
  if (allowPrivate || !isPrivateHost(url.hostname)) return undefined;
  return `must not be on a private, local or reserved address, as ${url.hostname} is, unless MEANWHILE_ALLOW_PRIVATE_URLS is true`;
}

function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return isIP(host) === 0 ? /(^|\.)localhost$/.test(host) : isPrivateAddress(host);
}

/** Everything except plain unicast, including any IPv4 address inside an IPv6 one. */
export function isPrivateAddress(address: string): boolean {
  return ipaddr.parse(address).range() !== 'unicast';
}

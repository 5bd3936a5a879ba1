/** Checks the URL of a remote tool. The address that its name resolves to is checked in request.ts. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Says why a URL is refused, judged by its text alone: a name may still resolve to a private address. The URL parser normalises other
 * notations of an IPv4 address (0x7f.1, 2130706433, 0177.0.0.1).
 * @returns the end of a sentence about the URL; undefined if the URL is accepted
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

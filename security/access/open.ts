/** Opens the access of a service with these settings, and refuses an address that its lack of keys would expose. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Settings } from '../../config.ts';
import type { KeyStore } from '../../store/key-store.ts';
import { type Access, openAccess } from './access.ts';
import { remoteKeys } from './jwt.ts';

/** The message is complete: show it and stop. */
export class NoKeys extends Error {
  override name = 'NoKeys';
}

/**
 * @param warn called if anyone who reaches the service may use it
 * @throws NoKeys when a service without keys would listen beyond this machine
 */
export async function openAccessOf(
  settings: Settings,
  { store, secret, warn }: { store: KeyStore; secret: string; warn: (line: string) => void },
): Promise<Access> {
  const access = await openAccess({ store, secret, jwt: jwtOf(settings) });
  const { HOST, MEANWHILE_ALLOW_NO_KEYS } = settings;
  if (!access.isOpen() || isLoopback(HOST)) return access;
  if (!MEANWHILE_ALLOW_NO_KEYS) {
    await access.close();
    throw new NoKeys(
      `The service has no keys, and at ${HOST} anyone who reaches it could read and do everything. ` +
        'Make a key first: `meanwhile keys create --name NAME --scopes admin,read,write,approve`. ' +
        'Or set HOST to 127.0.0.1, or MEANWHILE_ALLOW_NO_KEYS=true if something else protects it.',
    );
  }
  warn(
    `WARNING: the service has no keys and listens at ${HOST} (MEANWHILE_ALLOW_NO_KEYS). Anyone who reaches it can read and do everything.`,
  );
  return access;
}

function jwtOf(settings: Settings) {
  const { MEANWHILE_JWT_ISSUER: issuer, MEANWHILE_JWT_AUDIENCE: audience } = settings;
  const { MEANWHILE_JWT_KEYS_URL: url, MEANWHILE_JWT_TENANT_CLAIM: tenantClaim } = settings;
  // All or none: config.ts checks it.
  if (issuer === undefined || audience === undefined || url === undefined) return undefined;
  return { issuer, audience, tenantClaim, keys: remoteKeys(url) };
}

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) === 0) return bare === 'localhost';
  return ipaddr.process(bare).range() === 'loopback';
}

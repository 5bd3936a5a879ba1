/** Makes, lists, rotates and revokes keys, for the HTTP routes and for the commands. */
import type { z } from 'zod';
import {
  type ApiKey,
  type createKeyBody,
  isTestSide,
  type rotateKeyBody,
  testSideOf,
} from '../../contract/access.ts';
import type { KeyStore } from '../../store/key-store.ts';
import { makeKey } from './key.ts';

type Wanted = Omit<z.output<typeof createKeyBody>, 'tenant'>;

/** @returns the new key, with the key itself, which is not stored and cannot be read again */
export async function createKey(
  store: Pick<KeyStore, 'addKey'>,
  tenant: string,
  { name, scopes, test, expires_in_s }: Wanted,
  now = Date.now(),
): Promise<ApiKey & { key: string }> {
  const isTest = test || isTestSide(tenant);
  const { key, hash, ...made } = makeKey({ test: isTest });
  const row: ApiKey = {
    ...made,
    tenant: isTest ? testSideOf(tenant) : tenant,
    name,
    scopes,
    created_at: isoTime(now),
    ...(expires_in_s !== undefined && { expires_at: isoTime(now + expires_in_s * 1_000) }),
  };
  await store.addKey({ ...row, hash });
  return { ...row, key };
}

/** The keys that an administrator of this tenant manages: its own, and those of its test side. */
export const managedBy = (tenant: string): string[] =>
  isTestSide(tenant) ? [tenant] : [tenant, testSideOf(tenant)];

/**
 * Makes a new key like this one. The old key expires after the overlap.
 * @returns the new key; undefined when there is no such key; `ended` when it has already been revoked or has expired
 */
export async function rotateKey(
  store: Pick<KeyStore, 'addKey' | 'findKey' | 'endKey'>,
  { id, tenants }: { id: string; tenants: readonly string[] },
  { overlap_s }: z.output<typeof rotateKeyBody>,
  now = Date.now(),
): Promise<(ApiKey & { key: string }) | 'ended' | undefined> {
  const old = await store.findKey({ id });
  if (!old || !tenants.includes(old.tenant)) return undefined;
  if (old.revoked_at !== undefined || isOver(old, now)) return 'ended';
  const { name, scopes, tenant } = old;
  const lasts_s =
    old.expires_at && (Date.parse(old.expires_at) - Date.parse(old.created_at)) / 1_000;
  const fresh = await createKey(
    store,
    tenant,
    { name, scopes, test: isTestSide(tenant), expires_in_s: lasts_s || undefined },
    now,
  );
  await store.endKey({ id, tenants }, { expires_at: isoTime(now + overlap_s * 1_000) });
  return fresh;
}

/** Revoking a key that is revoked changes nothing. */
export const revokeKey = (
  store: Pick<KeyStore, 'endKey'>,
  which: { id: string; tenants: readonly string[] },
  now = Date.now(),
): Promise<ApiKey | undefined> => store.endKey(which, { revoked_at: isoTime(now) });

const isOver = ({ expires_at }: ApiKey, now: number) =>
  expires_at !== undefined && Date.parse(expires_at) <= now;

const isoTime = (ms: number) => new Date(ms).toISOString();

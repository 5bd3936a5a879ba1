/** Identifies who sent a request by its credential: a key, a token that the service has signed, or a token of an identity provider. */
import { type ApiKey, SCOPES } from '../../contract/access.ts';
import { DEFAULT_TENANT } from '../../contract/names.ts';
import type { KeyStore } from '../../store/key-store.ts';
import { hashKey, isKey, looksLikeKey } from './key.ts';
import { type JwtOptions, looksLikeJwt, principalOfJwt } from './jwt.ts';
import { ANYONE, type Principal, Unauthenticated } from './principal.ts';
import { createLookupCache } from './lookup-cache.ts';
import { looksLikeToken, readToken } from './token.ts';

export interface Access {
  /** Whether every request is allowed, since the service has no keys and no identity provider. */
  isOpen(): boolean;
  /**
   * @param credential what the client sent
   * @throws Unauthenticated; CannotVerify; StoreUnavailable
   */
  authenticate(credential: string | undefined): Promise<Principal>;
  /** This process has made or ended keys: clears its cache, so that the change takes effect at once here. */
  changed(): Promise<void>;
  /** Records the last uses. */
  close(): Promise<void>;
}

export interface AccessOptions {
  store: Pick<KeyStore, 'findKey' | 'hasKeys' | 'usedKeys'>;
  /** The secret that signs tokens. */
  secret: string;
  /** Default: no identity provider. */
  jwt?: JwtOptions | undefined;
  /** Milliseconds since 1970. */
  now?(): number;
  /** Milliseconds by a clock that does not jump. */
  uptime?(): number;
}

/**
 * How long another process may accept a revoked key, keep the streams that were opened with it, and stay open after the first key was
 * made. Milliseconds.
 */
export const NOTICED_MS = 10_000;

/** How often the permission of each open stream is checked again. Milliseconds. */
export const CHECK_MS = 2_000;

/** How often the last uses are recorded, in one statement for all keys. Milliseconds. */
const USES_MS = 60_000;

/** The most keys in the cache, valid or not. An attacker who sends invalid keys can evict others, which only costs look-ups. */
const CACHED_KEYS = 10_000;

/** @throws StoreUnavailable if the store cannot say whether the service has keys */
export async function openAccess({
  store,
  secret,
  jwt,
  now = Date.now,
  uptime = () => performance.now(),
}: AccessOptions): Promise<Access> {
  let hasKeys = await store.hasKeys();
  const uses = new Map<string, string>();
  const known = createLookupCache<ApiKey | undefined>({
    max: CACHED_KEYS,
    // While the store is unavailable, keys cannot be revoked either: those seen before stay valid.
    fresh_ms: NOTICED_MS - CHECK_MS,
    now: uptime,
    read(name) {
      const id = ID.exec(name)?.[1];
      return store.findKey(id === undefined ? { hash: name } : { id });
    },
  });
  // A timer rather than the next request, which would still be allowed.
  const checking = setInterval(() => void checkForKeys().catch(() => {}), NOTICED_MS / 2).unref();
  const recording = setInterval(() => void writeUses(), USES_MS).unref();

  async function checkForKeys(): Promise<void> {
    hasKeys ||= await store.hasKeys();
  }

  async function writeUses(): Promise<void> {
    const noted = [...uses].map(([id, at]) => ({ id, at }));
    uses.clear();
    // The last use may be missing after an outage; the next one corrects it.
    if (noted.length > 0) await store.usedKeys(noted).catch(() => {});
  }

  const isOpen = () => !hasKeys && !jwt;

  /** @throws Unauthenticated if there is no such key, or if it has ended */
  async function usable(name: string): Promise<ApiKey> {
    const key = await known.get(name);
    if (!key) throw new Unauthenticated('There is no such key.');
    if (key.revoked_at !== undefined) throw new Unauthenticated('The key was revoked.');
    if (key.expires_at !== undefined && Date.parse(key.expires_at) <= now()) {
      throw new Unauthenticated('The key has expired.');
    }
    return key;
  }

  async function ofKey(text: string): Promise<Principal> {
    if (!isKey(text)) {
      throw new Unauthenticated('The key is mistyped or not complete: its checksum does not fit.');
    }
    const { id, tenant, scopes } = await usable(hashKey(text));
    uses.set(id, toMinute(now()));
    return { kind: 'key', tenant, scopes, id };
  }

  async function ofToken(text: string): Promise<Principal> {
    const claims = readToken(secret, text);
    if (!claims) throw new Unauthenticated('The token is not one of this service.');
    if (claims.expires_at <= now()) throw new Unauthenticated('The token has expired.');
    if (claims.kind === 'operator') {
      return { kind: 'operator', tenant: DEFAULT_TENANT, scopes: SCOPES, id: 'operator' };
    }
    const { tenant, conversation, scopes, key } = claims;
    if (key !== undefined) await usable(`id ${key}`);
    return { kind: 'token', tenant, scopes, conversation, id: `token:${conversation}` };
  }

  return {
    isOpen,

    async authenticate(credential) {
      // Without keys, other credentials are ignored: a client may send one that it has for another service.
      if (isOpen() && !(credential !== undefined && looksLikeToken(credential))) return ANYONE;
      if (credential === undefined) {
        throw new Unauthenticated(
          'Send a key: `authorization: Bearer <key>` or `x-api-key: <key>`.',
        );
      }
      if (looksLikeToken(credential)) return ofToken(credential);
      if (looksLikeKey(credential)) return ofKey(credential);
      if (jwt && looksLikeJwt(credential)) return principalOfJwt(credential, jwt);
      throw new Unauthenticated('This is not a key or token of this service.');
    },

    async changed() {
      known.clear();
      await checkForKeys();
    },

    async close() {
      clearInterval(checking);
      clearInterval(recording);
      await writeUses();
    },
  };
}

const ID = /^id (.+)$/;

const toMinute = (ms: number) => new Date(Math.floor(ms / 60_000) * 60_000).toISOString();

import type { ApiKey } from '../contract/access.ts';

/** API keys, found by their hash or id. A key is never deleted: a service that has had keys stays closed without one. */
export interface KeyStore {
  addKey(key: ApiKey & { hash: string }): Promise<void>;
  /** Undefined when there is no such key. It may have expired or been revoked. */
  findKey(by: { hash: string } | { id: string }): Promise<ApiKey | undefined>;
  /** Newest first. */
  listKeys(tenants: readonly string[]): Promise<ApiKey[]>;
  /** Whether there has ever been a key. */
  hasKeys(): Promise<boolean>;
  /**
   * Ends a key at this time, unless it ends before.
   * @returns the changed key; undefined when these tenants have no such key
   */
  endKey(
    key: { id: string; tenants: readonly string[] },
    end: { revoked_at: string } | { expires_at: string },
  ): Promise<ApiKey | undefined>;
  /** Records when keys were last used. A time earlier than the recorded one changes nothing. */
  usedKeys(uses: { id: string; at: string }[]): Promise<void>;
}

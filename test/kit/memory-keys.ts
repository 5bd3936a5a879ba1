import type { ApiKey } from '../../contract/access.ts';
import type { KeyStore } from '../../store/key-store.ts';
import { plain } from './memory-record.ts';

export function createMemoryKeys(): KeyStore {
  const keys = new Map<string, ApiKey & { hash: string }>();
  const show = ({ hash: _, ...key }: ApiKey & { hash: string }): ApiKey => plain(key);
  return {
    async addKey(key) {
      keys.set(key.id, plain(key));
    },
    async findKey(by) {
      const found = [...keys.values()].find((key) =>
        'hash' in by ? key.hash === by.hash : key.id === by.id,
      );
      return found && show(found);
    },
    listKeys: async (tenants) =>
      [...keys.values()]
        .filter(({ tenant }) => tenants.includes(tenant))
        .toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1))
        .map(show),
    hasKeys: async () => keys.size > 0,
    async endKey({ id, tenants }, end) {
      const key = keys.get(id);
      if (!key || !tenants.includes(key.tenant)) return undefined;
      const [field, at] =
        'revoked_at' in end
          ? (['revoked_at', end.revoked_at] as const)
          : (['expires_at', end.expires_at] as const);
      const known = key[field];
      if (known === undefined || at < known) key[field] = at;
      return show(key);
    },
    async usedKeys(uses) {
      for (const { id, at } of uses) {
        const key = keys.get(id);
        if (key && (key.last_used_at ?? '') < at) key.last_used_at = at;
      }
    },
  };
}

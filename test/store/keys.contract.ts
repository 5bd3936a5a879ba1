/** The contract of API keys, for every store. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ApiKey } from '../../contract/access.ts';
import type { Store } from '../../store/store.ts';

export function keysContract(store: () => Store): void {
  describe('keys', () => {
    const made = (more: Partial<ApiKey> = {}): ApiKey & { hash: string } => ({
      id: `key_${randomUUID().replaceAll('-', '')}`,
      tenant: randomUUID(),
      name: 'the web backend',
      hint: 'mw_live_ab…wxyz',
      scopes: ['read', 'write'],
      created_at: '2030-01-02T03:04:05.000Z',
      hash: randomUUID(),
      ...more,
    });

    test('a key is found by its hash and by its id, without the hash', async () => {
      const { hash, ...key } = made({ expires_at: '2031-01-02T03:04:05.000Z' });
      await store().addKey({ ...key, hash });
      expect(await store().findKey({ hash })).toEqual(key);
      expect(await store().findKey({ id: key.id })).toEqual(key);
      expect(await store().hasKeys()).toBe(true);
    });

    test('a hash or an id that is unknown finds nothing', async () => {
      await store().addKey(made());
      expect(await store().findKey({ hash: 'unknown' })).toBeUndefined();
      expect(await store().findKey({ id: 'unknown' })).toBeUndefined();
    });

    test('keys are listed newest first, and only those of the tenants named', async () => {
      const older = made();
      const newer = made({ tenant: older.tenant, created_at: '2030-02-02T03:04:05.000Z' });
      for (const key of [older, newer, made()]) await store().addKey(key);
      const ids = (await store().listKeys([older.tenant])).map(({ id }) => id);
      expect(ids).toEqual([newer.id, older.id]);
      expect(await store().listKeys([])).toEqual([]);
    });

    test('a key is revoked once: a second time keeps the first moment', async () => {
      const { hash, ...key } = made();
      await store().addKey({ ...key, hash });
      const which = { id: key.id, tenants: [key.tenant] };
      const revoked = { ...key, revoked_at: '2030-03-01T00:00:00.000Z' };
      expect(await store().endKey(which, { revoked_at: revoked.revoked_at })).toEqual(revoked);
      const again = await store().endKey(which, { revoked_at: '2030-04-01T00:00:00.000Z' });
      expect(again).toEqual(revoked);
      expect(await store().findKey({ hash })).toEqual(revoked);
    });

    test('an expiry is brought forward and never put off', async () => {
      const key = made({ expires_at: '2031-01-01T00:00:00.000Z' });
      await store().addKey(key);
      const which = { id: key.id, tenants: [key.tenant] };
      const sooner = await store().endKey(which, { expires_at: '2030-06-01T00:00:00.000Z' });
      expect(sooner?.expires_at).toBe('2030-06-01T00:00:00.000Z');
      const later = await store().endKey(which, { expires_at: '2032-06-01T00:00:00.000Z' });
      expect(later?.expires_at).toBe('2030-06-01T00:00:00.000Z');
    });

    test("another tenant's key cannot be ended", async () => {
      const key = made();
      await store().addKey(key);
      const end = { revoked_at: '2030-03-01T00:00:00.000Z' };
      const foreign = { id: key.id, tenants: [randomUUID()] };
      expect(await store().endKey(foreign, end)).toBeUndefined();
      expect(await store().endKey({ id: key.id, tenants: [] }, end)).toBeUndefined();
      expect(await store().findKey({ id: key.id })).not.toHaveProperty('revoked_at');
    });

    test('the last use is kept for several keys at once, and only moves forward', async () => {
      const [one, other] = [made(), made()];
      for (const key of [one, other]) await store().addKey(key);
      const [early, late] = ['2030-03-01T00:00:00.000Z', '2030-03-02T00:00:00.000Z'];
      await store().usedKeys([
        { id: one.id, at: late },
        { id: other.id, at: early },
        { id: 'key_unknown', at: late },
      ]);
      await store().usedKeys([{ id: one.id, at: early }]);
      expect((await store().findKey({ id: one.id }))?.last_used_at).toBe(late);
      expect((await store().findKey({ id: other.id }))?.last_used_at).toBe(early);
    });
  });
}

/** The contract of a tenant's spent tokens, for every store. */
import { describe, expect, test } from 'vitest';
import { someone } from './samples.ts';
import type { Store } from '../../store/store.ts';

export function tokensContract(store: () => Store): void {
  describe('tokens of a tenant', () => {
    const today = () => ({ tenant: someone().tenant, day: '2030-01-02' });

    test('are none before any is spent, and add up', async () => {
      const one = today();
      expect(await store().tokensSpent(one)).toBe(0);
      await store().spendTokens(one, 1_000);
      await store().spendTokens(one, 234);
      expect(await store().tokensSpent(one)).toBe(1_234);
    });

    test('are counted for each day, and for this tenant alone', async () => {
      const one = today();
      await store().spendTokens(one, 5);
      expect(await store().tokensSpent({ ...one, day: '2030-01-03' })).toBe(0);
      expect(await store().tokensSpent(today())).toBe(0);
      await store().spendTokens({ ...one, day: '2030-01-03' }, 7);
      expect(await store().tokensSpent(one)).toBe(5);
    });

    test('spent by many at once are all counted', async () => {
      const one = today();
      const amounts = Array.from({ length: 30 }, (_, index) => index);
      await Promise.all(amounts.map((amount) => store().spendTokens(one, amount)));
      expect(await store().tokensSpent(one)).toBe(435);
    });

    test('may be more than fit in 32 bits', async () => {
      const one = today();
      await store().spendTokens(one, 3_000_000_000);
      await store().spendTokens(one, 3_000_000_000);
      expect(await store().tokensSpent(one)).toBe(6_000_000_000);
    });
  });
}

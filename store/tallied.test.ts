import { expect, test, vi } from 'vitest';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import type { Store } from './store.ts';
import { tallied } from './tallied.ts';
import { StoreUnavailable } from './unavailable.ts';

const today = { tenant: 'acme', day: '2030-01-31' };
const HOUR_MS = 3_600_000;

function counting(fails: (Error | undefined)[] = []) {
  const below = createMemoryStore();
  const spendTokens = vi.fn<Store['spendTokens']>(async (of, amount) => {
    const error = fails.shift();
    if (error) throw error;
    await below.spendTokens(of, amount);
  });
  const log = vi.fn<(line: string) => void>();
  return { below, spendTokens, log, store: tallied({ ...below, spendTokens }, log, HOUR_MS) };
}

test('tokens that are spent one after the other are written once', async () => {
  const { store, spendTokens } = counting();
  for (const amount of [1, 2, 3]) await store.spendTokens(today, amount);
  await store.spendTokens({ ...today, tenant: 'other' }, 5);
  expect(spendTokens).not.toHaveBeenCalled();
  expect(await store.tokensSpent(today)).toBe(6);
  expect(spendTokens.mock.calls).toEqual([
    [today, 6],
    [{ ...today, tenant: 'other' }, 5],
  ]);
});

test('tokens are written when the store closes', async () => {
  const { store, below } = counting();
  await store.spendTokens(today, 7);
  await store.close();
  expect(await below.tokensSpent(today)).toBe(7);
});

test('tokens that were certainly not written are written later', async () => {
  const { store, log } = counting([new StoreUnavailable('Away.', { mayBeDone: false })]);
  await store.spendTokens(today, 7);
  expect(await store.tokensSpent(today)).toBe(0);
  await store.spendTokens(today, 1);
  expect(await store.tokensSpent(today)).toBe(8);
  expect(log).not.toHaveBeenCalled();
});

test('tokens that may have been written are not written again, and the log says so', async () => {
  const { store, log } = counting([new StoreUnavailable('Away.', { mayBeDone: true })]);
  await store.spendTokens(today, 7);
  await store.tokensSpent(today);
  expect(await store.tokensSpent(today)).toBe(0);
  expect(log).toHaveBeenCalledWith(expect.stringContaining('7 tokens of acme may not have been'));
});

import { expect, test, vi } from 'vitest';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { pruned } from './pruned.ts';

test('a store is pruned every hour until it is closed, even if pruning fails', async () => {
  vi.useFakeTimers({ now: Date.parse('2025-02-01T00:00:00.000Z') });
  try {
    const prune = vi.fn(async (_: string) => {
      throw new Error('The database is away.');
    });
    const store = pruned({ ...createMemoryStore(), prune });
    await vi.advanceTimersByTimeAsync(2 * 3_600_000);
    expect(prune.mock.calls).toEqual([['2025-01-02T01:00:00.000Z'], ['2025-01-02T02:00:00.000Z']]);
    await store.close();
    await vi.advanceTimersByTimeAsync(2 * 3_600_000);
    expect(prune).toHaveBeenCalledTimes(2);
  } finally {
    vi.useRealTimers();
  }
});

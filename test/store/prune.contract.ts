/** What every store has to prune, and what it must keep. */
import { describe, expect, test } from 'vitest';
import { batch, idle, messages, someone } from './samples.ts';
import type { Store } from '../../store/store.ts';

const at = '2025-01-02T03:04:05.678Z';

export function pruneContract(store: () => Store): void {
  describe('pruning', () => {
    test('forgets the progress of calls that are over, and of no other', async () => {
      const one = someone();
      const call = (id: string, more: object) => ({ id, tool: 't', requested_at: at, ...more });
      const head = {
        ...idle,
        calls: [
          // A tool name that a model made up must not keep everything from being pruned.
          call('call_runs', { status: 'running' as const, tool: 'a\u0000\ud83d' }),
          call('call_waits', { status: 'awaiting_approval' as const }),
          call('call_ended', { status: 'completed' as const, ended_at: at }),
        ] as (typeof idle)['calls'],
      };
      await store().record(batch(one, [1, 1], 1, messages(1, 'go'), head));
      const all = ['call_runs', 'call_waits', 'call_ended', 'call_of_old'];
      for (const id of all) await store().setProgress(one, id, { percent: 1, at });
      await store().prune(at);
      expect([...(await store().progress(one, all)).keys()].sort()).toEqual([
        'call_runs',
        'call_waits',
      ]);
      expect(await store().window(one, { from: 1, to: 9 })).toEqual(messages(1, 'go'));
    });

    test('forgets idempotency keys that are older than it is told', async () => {
      const key = { ...someone(), scope: 'messages', key: 'k' };
      await store().claim(key, 'hash', 'first');
      await store().prune(new Date(Date.now() - 3_600_000).toISOString());
      expect(await store().claim(key, 'hash', 'second')).toMatchObject({ answer: 'first' });
      await store().prune(new Date(Date.now() + 3_600_000).toISOString());
      expect(await store().claim(key, 'hash', 'third')).toEqual({ outcome: 'fresh' });
    });

    test('forgets how a call ended, and never that it has run', async () => {
      const call = { tenant: someone().tenant, call_id: 'call_1' };
      const hold = (holder: string) =>
        store().holdCall(call, { holder, run: 'r', body: 'function', lease_ms: 1 });
      await hold('one');
      await store().endCall(call, { holder: 'one', turn: 1 }, { type: 'completed', result: 1 });
      await store().prune(new Date(Date.now() - 3_600_000).toISOString());
      expect(await hold('two')).toMatchObject({ outcome: 'ended', end: { result: 1 } });
      await store().prune(new Date(Date.now() + 3_600_000).toISOString());
      expect(await hold('two')).toEqual({ outcome: 'ended' });
    });

    test('forgets what was spent on days before that', async () => {
      const { tenant } = someone();
      for (const day of ['2029-12-31', '2030-01-01']) await store().spendTokens({ tenant, day }, 5);
      await store().prune('2030-01-01T12:00:00.000Z');
      expect(await store().tokensSpent({ tenant, day: '2029-12-31' })).toBe(0);
      expect(await store().tokensSpent({ tenant, day: '2030-01-01' })).toBe(5);
    });
  });
}

/** The contract of leases on calls, for every store. */
import { describe, expect, test } from 'vitest';
import { randomUUID } from 'node:crypto';
import { someone } from './samples.ts';
import type { HoldRequest, HoldResult } from '../../store/hold-store.ts';
import type { Store } from '../../store/store.ts';

const who = { place: 'here', pid: 1, began: '2' };
const FOR_EVER = 1e9;

export function callsContract(store: () => Store): void {
  describe('holding a call', () => {
    const call = () => ({ tenant: someone().tenant, call_id: `call_${randomUUID()}` });
    const holder = async () => {
      const id = randomUUID();
      await store().renewHolder(id, who);
      return id;
    };
    const hold = (of: ReturnType<typeof call>, by: string, more: Partial<HoldRequest> = {}) =>
      store().holdCall(of, {
        holder: by,
        run: `run of ${by}`,
        body: 'function',
        lease_ms: FOR_EVER,
        ...more,
      });

    test('the first holder gets the call, and another is told who holds it', async () => {
      const [one, a, b] = [call(), await holder(), await holder()];
      expect(await hold(one, a)).toEqual({ outcome: 'fresh', turn: 1 });
      const told = await hold(one, b);
      expect(told).toEqual({
        outcome: 'elsewhere',
        holder: a,
        who,
        silent_ms: expect.any(Number),
      });
      expect((told as HoldResult & { outcome: 'elsewhere' }).silent_ms).toBeGreaterThanOrEqual(0);
    });

    test('a holder that asks again keeps the call with its first request', async () => {
      const [one, a] = [call(), await holder()];
      await hold(one, a, { run: 'first', body: 'program' });
      expect(await hold(one, a, { run: 'second' })).toEqual({
        outcome: 'taken',
        turn: 2,
        run: 'first',
        body: 'program',
      });
    });

    test('a holder whose lease expired loses the call, and its renewals say so from then on', async () => {
      const [one, a, b] = [call(), await holder(), await holder()];
      await hold(one, a);
      await expect.poll(() => hold(one, b, { lease_ms: 5 })).toMatchObject({ outcome: 'taken' });
      expect(await store().renewHolder(a, who)).toMatchObject({ lapsed: true });
      expect(await store().renewHolder(b, who)).toMatchObject({ lapsed: false });
      expect(await hold(one, a)).toMatchObject({ outcome: 'elsewhere', holder: b });
      expect(await store().endCall(one, { holder: a, turn: 1 }, { type: 'cancelled' })).toBe(false);
      await store().releaseCall(one, { holder: a, turn: 1 });
      expect(await hold(one, a)).toMatchObject({ outcome: 'elsewhere', holder: b });
    });

    test('a holder known to be dead or retired loses the call at once', async () => {
      const [one, a, b, c] = [call(), await holder(), await holder(), await holder()];
      await hold(one, a);
      expect(await hold(one, b, { dead: c })).toMatchObject({ outcome: 'elsewhere' });
      expect(await hold(one, b, { dead: a })).toMatchObject({ outcome: 'taken' });
      await store().retireHolder(b);
      expect(await hold(one, c)).toMatchObject({ outcome: 'taken' });
      expect(await store().renewHolder(b, who)).toMatchObject({ lapsed: true });
    });

    test('an unknown holder loses the call to any other', async () => {
      const [one, b] = [call(), await holder()];
      await hold(one, 'never seen');
      expect(await hold(one, b)).toMatchObject({ outcome: 'taken' });
    });

    test('a released call goes to the next holder', async () => {
      const [one, a, b] = [call(), await holder(), await holder()];
      await hold(one, a);
      await store().releaseCall(one, { holder: b, turn: 1 });
      expect(await hold(one, b)).toMatchObject({ outcome: 'elsewhere' });
      await store().releaseCall(one, { holder: a, turn: 1 });
      expect(await hold(one, b)).toMatchObject({ outcome: 'taken' });
    });

    test('a request of an earlier turn that arrives late changes nothing', async () => {
      const [one, a, b] = [call(), await holder(), await holder()];
      await hold(one, a);
      await hold(one, a);
      await store().releaseCall(one, { holder: a, turn: 1 });
      expect(await store().endCall(one, { holder: a, turn: 1 }, { type: 'cancelled' })).toBe(false);
      expect(await hold(one, b)).toMatchObject({ outcome: 'elsewhere', holder: a });
      expect(await store().endCall(one, { holder: a, turn: 2 }, { type: 'cancelled' })).toBe(true);
    });

    test('an ended call never runs again, and says how it ended', async () => {
      const [one, a, b] = [call(), await holder(), await holder()];
      const end = { type: 'completed' as const, result: { text: 'a\u0000b' } };
      await hold(one, a);
      expect(await store().endCall(one, { holder: b, turn: 1 }, end)).toBe(false);
      expect(await store().endCall(one, { holder: a, turn: 1 }, end)).toBe(true);
      expect(await store().endCall(one, { holder: a, turn: 1 }, { type: 'cancelled' })).toBe(false);
      await store().releaseCall(one, { holder: a, turn: 1 });
      for (const by of [a, b]) expect(await hold(one, by)).toEqual({ outcome: 'ended', end });
    });

    test('exactly one of many concurrent holders gets the call, new or lapsed', async () => {
      const one = call();
      const many = await Promise.all(Array.from({ length: 12 }, holder));
      const first = await Promise.all(many.map((by) => hold(one, by)));
      expect(first.filter(({ outcome }) => outcome === 'fresh')).toHaveLength(1);
      expect(first.filter(({ outcome }) => outcome === 'elsewhere')).toHaveLength(11);
      const dead = many[first.findIndex(({ outcome }) => outcome === 'fresh')];
      const rest = many.filter((by) => by !== dead);
      const second = await Promise.all(rest.map((by) => hold(one, by, { dead })));
      expect(second.filter(({ outcome }) => outcome === 'taken')).toHaveLength(1);
      expect(second.filter(({ outcome }) => outcome === 'elsewhere')).toHaveLength(10);
    });

    test('exactly one of a renewal and a concurrent takeover succeeds', async () => {
      for (let round = 0; round < 20; round++) {
        const [one, a, b] = [call(), await holder(), await holder()];
        await hold(one, a);
        const [renewed, held] = await Promise.all([
          store().renewHolder(a, who),
          hold(one, b, { lease_ms: 1 }),
        ]);
        // The holder may be renewed first and silent again a millisecond later: then the next renewal says so.
        const after = await store().renewHolder(a, who);
        expect(after.lapsed).toBe(held.outcome === 'taken');
        if (renewed.lapsed) expect(held.outcome).toBe('taken');
      }
    });

    test('a holder is told whether there are others', async () => {
      const [a] = [await holder(), await holder()];
      expect(await store().renewHolder(a, who)).toEqual({ lapsed: false, others: true });
    });
  });
}

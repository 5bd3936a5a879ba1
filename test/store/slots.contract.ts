/** The contract of queues of calls, for every store. */
import { describe, expect, test } from 'vitest';
import { someone } from './samples.ts';
import type { Store } from '../../store/store.ts';

export function slotsContract(store: () => Store): void {
  describe('a queue of calls', () => {
    const queue = () => ({ tenant: someone().tenant, queue: 'tool/pays' });
    const join = (of: { tenant: string; queue: string }, ...calls: string[]) =>
      Promise.all(calls.map((call_id) => store().queueUp({ ...of, call_id })));

    test('keeps the order of arrival, and a call that joins again keeps its place', async () => {
      const one = queue();
      expect(await store().queueUp({ ...one, call_id: 'call_b' })).toBe(0);
      expect(await store().queueUp({ ...one, call_id: 'call_a' })).toBe(1);
      expect(await store().queueUp({ ...one, call_id: 'call_c' })).toBe(2);
      expect(await store().queueUp({ ...one, call_id: 'call_a' })).toBe(1);
      expect(await store().firstInQueue(one, 2)).toEqual(['call_b', 'call_a']);
    });

    test('moves up when a call leaves, and a call that returns is last', async () => {
      const one = queue();
      for (const call of ['call_a', 'call_b', 'call_c']) await join(one, call);
      await store().leaveQueues(one.tenant, 'call_a');
      expect(await join(one, 'call_b', 'call_c')).toEqual([0, 1]);
      expect(await join(one, 'call_a')).toEqual([2]);
      await store().leaveQueues(one.tenant, 'call_a');
      await store().leaveQueues(one.tenant, 'call_a');
      expect(await store().firstInQueue(one, 9)).toEqual(['call_b', 'call_c']);
    });

    test("is left together with every other that the call is in, and is nobody else's", async () => {
      const one = queue();
      const other = { ...one, queue: 'tenant' };
      const foreign = queue();
      for (const each of [one, other, foreign]) await join(each, 'call_a');
      await store().leaveQueues(one.tenant, 'call_a');
      expect(await store().firstInQueue(one, 9)).toEqual([]);
      expect(await store().firstInQueue(other, 9)).toEqual([]);
      expect(await store().firstInQueue(foreign, 9)).toEqual(['call_a']);
    });

    test('joined by many at once has each of them at a place of its own', async () => {
      const one = queue();
      const calls = Array.from({ length: 30 }, (_, index) => `call_${index}`);
      const places = await join(one, ...calls);
      expect(places.toSorted((a, b) => a - b)).toEqual(calls.map((_, index) => index));
      const order = calls.toSorted((a, b) => places[calls.indexOf(a)]! - places[calls.indexOf(b)]!);
      expect(await store().firstInQueue(one, 99)).toEqual(order);
    });

    test('never lets more calls run than it has slots, while many come and go', async () => {
      const one = queue();
      let leading = 0;
      const most: number[] = [];
      const pass = async (call_id: string) => {
        for (;;) {
          if ((await store().queueUp({ ...one, call_id })) < 3) break;
        }
        most.push(++leading);
        await store().firstInQueue(one, 3);
        leading--;
        await store().leaveQueues(one.tenant, call_id);
      };
      await Promise.all(Array.from({ length: 20 }, (_, index) => pass(`call_${index}`)));
      expect(most).toHaveLength(20);
      expect(Math.max(...most)).toBeLessThanOrEqual(3);
    });
  });
}

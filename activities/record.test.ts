import { describe, expect, test } from 'vitest';
import type { Batch } from '../contract/batch.ts';
import { batch, completed, message, someone, started } from '../store/samples.ts';
import { type BusMessage, createLocalBus } from '../stream/bus.ts';
import { createMemoryStore } from '../testing/memory-store.ts';
import { recordRiding } from './record.ts';

function setUp() {
  const key = someone();
  const store = createMemoryStore();
  const bus = createLocalBus();
  const heard: BusMessage[] = [];
  bus.subscribe(key, (message) => heard.push(message));
  const riding = batch(key, [0, 5], 1, [message(1, 'hello'), started(2, 1)]);
  return {
    riding,
    heard,
    writes: (length: number, entries: Batch['entries']) =>
      store.record(batch(key, [0, length], 1, entries)),
    record: () => recordRiding({ store, bus }, riding),
    log: () => store.window(key, { from: 1, to: 9 }),
  };
}

describe('what rides on a reply', () => {
  test('is written, once, and the readers are told', async () => {
    const { record, log, riding, heard } = setUp();
    expect(await record()).toBe(true);
    expect(heard).toEqual([{ type: 'poke' }]);
    expect(await record()).toBe(true);
    expect(await log()).toEqual(riding.entries);
  });

  test('takes nothing back that a later task wrote after it', async () => {
    const { record, log, riding, writes } = setUp();
    const later = [...riding.entries, completed(3, 1, 'Hello!')];
    await writes(9, later);
    expect(await record()).toBe(true);
    expect(await log()).toEqual(later);
  });

  test.each([
    ['otherwise', [message(1, 'hello'), message(2, 'again'), started(3, 1)]],
    ['less', [message(1, 'hello')]],
  ])('is not wanted where a later task wrote %s', async (_, later) => {
    const { record, log, writes, heard } = setUp();
    await writes(9, later);
    expect(await record()).toBe(false);
    expect(await log()).toEqual(later);
    expect(heard).toEqual([]);
  });
});

import { expect, test } from 'vitest';
import type { CallStart } from '../../contract/call.ts';
import { away } from '../../test/kit/away.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { createLocalBus } from '../../stream/bus.ts';
import type { Activities } from '../index.ts';
import { createToolPlaces, type ToolPlacesOptions, withPlaces } from './tool-places.ts';

const conversation = { tenant: 'default', id: 'c' };
const call = (call_id: string, tool = 'wait') => ({ conversation, call_id, tool, input: {} });

/** Two places, and calls that hold theirs until the test releases them. */
function twoPlaces(more: Partial<ToolPlacesOptions> = {}) {
  const store = createMemoryStore();
  const shown: [string, string | undefined][] = [];
  const bus = createLocalBus();
  bus.subscribe(conversation, (message) => {
    if (message.type === 'progress') shown.push([message.call_id, message.note]);
  });
  let time = 0;
  const warnings: string[] = [];
  const places = createToolPlaces({
    limit: 2,
    store,
    bus,
    stateOf: async () => 'waiting',
    warn: (message) => warnings.push(message),
    now: () => time,
    ...more,
  });
  return {
    places,
    store,
    shown,
    warnings,
    pass: (ms: number) => void (time += ms),
    /** Resolves once the call has begun. */
    async begins(call_id: string) {
      const begun = Promise.withResolvers<void>();
      const { promise, resolve } = Promise.withResolvers<void>();
      const ended = places.hold(call(call_id), () => {
        begun.resolve();
        return promise;
      });
      await begun.promise;
      return () => {
        resolve();
        return ended;
      };
    },
    note: async (call_id: string) =>
      (await store.progress(conversation, [call_id])).get(call_id)?.note,
  };
}

test('calls beyond the limit show how many wait ahead of them, and move up as others begin', async () => {
  const { places, begins, note, shown } = twoPlaces();
  for (const id of ['a', 'b', 'c', 'd']) places.expect(call(id));
  await expect.poll(() => note('d')).toBe('waits for one of 2 places of this worker, 1 before it');
  expect(await note('c')).toBe('waits for one of 2 places of this worker, 0 before it');
  const [endA] = [await begins('a'), await begins('b')];
  expect(shown.map(([id]) => id)).toEqual(['c', 'd']);

  await endA();
  await begins('c');
  expect(await note('c')).toBeUndefined();
  await places.look();
  await expect.poll(() => note('d')).toBe('waits for one of 2 places of this worker, 0 before it');
});

test('a call that begins removes the queue note of a dead process', async () => {
  const { store, begins, note } = twoPlaces();
  const at = '2030-01-01T00:00:00.000Z';
  const left = 'waits for one of 9 places of this worker, 3 before it';
  await store.setProgress(conversation, 'a', { note: left, at });
  await store.setProgress(conversation, 'b', { percent: 40, note: 'step 4', at });
  await begins('a');
  await begins('b');
  expect(await note('a')).toBeUndefined();
  expect(await note('b')).toBe('step 4');
});

test('a call that another worker has begun, or that is over, no longer waits ahead of others', async () => {
  const states = new Map<string, 'started' | 'over'>();
  const { places, begins, note, pass } = twoPlaces({
    stateOf: async ({ call_id }) => states.get(call_id) ?? 'waiting',
  });
  await begins('a');
  await begins('b');
  for (const id of ['c', 'd', 'e']) places.expect(call(id));
  await expect.poll(() => note('e')).toMatch(/2 before it/);
  states.set('c', 'started').set('d', 'over');
  pass(5_000);
  await places.look();
  await expect.poll(() => note('e')).toMatch(/0 before it/);
  expect(await note('c')).toBeUndefined();
});

test('an unavailable store keeps no call from running', async () => {
  const isAway = () => Promise.reject(away());
  const { places, begins, warnings } = twoPlaces({
    store: { progress: isAway, setProgress: isAway },
  });
  for (const id of ['a', 'b', 'c']) places.expect(call(id));
  const end = await begins('c');
  await end();
  expect(warnings).not.toEqual([]);
});

test('only local tools take a place, and remote calls and read_result do not', async () => {
  const expected: string[] = [];
  const held: string[] = [];
  const activities = withPlaces(
    {
      describeTool: async (name: string) =>
        name === 'elsewhere' ? { kind: 'remote' } : { kind: 'local', slots: slots[name] },
      takeSlot: async () => {},
      runTool: async () => ({ type: 'cancelled' }),
    } as unknown as Activities,
    {
      expect: ({ tool }) => void expected.push(tool),
      hold: (start, work) => {
        held.push((start as CallStart).tool);
        return work();
      },
    },
    (tool) => tool !== 'elsewhere',
  );
  const slots: Record<string, object> = { narrow: { tool: 1 } };
  for (const tool of ['wait', 'read_result', 'elsewhere', 'narrow']) {
    await activities.describeTool(tool, call('a', tool));
  }
  expect(expected).toEqual(['wait']);
  // It waits for a place only once it has its slot.
  await activities.takeSlot(call('a', 'narrow'), {});
  await activities.takeSlot(call('a', 'elsewhere'), {});
  expect(expected).toEqual(['wait', 'narrow']);
  for (const tool of ['wait', 'read_result']) await activities.runTool(call('a', tool));
  expect(held).toEqual(['wait']);
});

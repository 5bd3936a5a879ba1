import { beforeEach, expect, test } from 'vitest';
import { StoreUnavailable } from '../store/unavailable.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import type { ApiDependencies } from './dependencies.ts';
import { type ExternalDependencies, signalExternal } from './external-conversation.ts';

const conversation = { tenant: 'acme', id: 'conv_1' };
const call = { conversation, agent: 'client:test', thread: 'thread_1' };
let store: ReturnType<typeof createMemoryStore>;
let opened: number;
let isAway: boolean;

beforeEach(() => {
  store = createMemoryStore();
  opened = 0;
  isAway = false;
});

/** The dependencies of a new process, on the same store. */
function dependencies(): ExternalDependencies {
  return {
    store: {
      ...store,
      async open(...given) {
        if (isAway) throw new StoreUnavailable('away', { mayBeDone: false });
        opened += 1;
        await store.open(...given);
      },
    },
    gateway: {} as ApiDependencies['gateway'],
    limits: {} as ApiDependencies['limits'],
  };
}

const sends = async () => 'sent' as const;

test('a conversation whose process died after it had begun it is entered in the store with the next call', async () => {
  await signalExternal(dependencies(), call, sends);
  expect(await store.conversation(conversation)).toMatchObject({
    agent: 'client:test',
    metadata: { thread: 'thread_1' },
  });
});

test('a process enters a conversation once', async () => {
  const own = dependencies();
  await signalExternal(own, call, sends);
  await signalExternal(own, call, sends);
  expect(opened).toBe(1);
  await signalExternal(dependencies(), call, sends);
  expect(opened).toBe(2);
});

test('while the store is away, a call goes to a conversation that is known to be in it, and to no other', async () => {
  const own = dependencies();
  isAway = true;
  await expect(signalExternal(own, call, sends)).rejects.toThrow(StoreUnavailable);
  isAway = false;
  await signalExternal(own, call, sends);
  isAway = true;
  await signalExternal(own, call, sends);
});

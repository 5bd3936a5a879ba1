import { expect, test } from 'vitest';
import { createMemoryStore } from '../testing/memory-store.ts';
import { claimIn } from './claim-host.ts';

const conversation = { tenant: 'default', id: 'c' };

test('the first host has the call, and whoever comes later is told so', async () => {
  const claim = claimIn(createMemoryStore());
  expect(await claim(conversation, 'call_1', 'one')).toEqual({ holder: 'one', isNew: true });
  expect(await claim(conversation, 'call_1', 'one')).toEqual({ holder: 'one', isNew: false });
  expect(await claim(conversation, 'call_1', 'two')).toEqual({ holder: 'one', isNew: false });
  expect(await claim(conversation, 'call_2', 'two')).toEqual({ holder: 'two', isNew: true });
});

test.each([
  ['before it has written', false],
  ['after it has written, its answer on the way', true],
])(
  'a store that goes away %s is asked again, and the claim is new all the same',
  async (_, writes) => {
    const store = createMemoryStore();
    let isAway = true;
    const claim = claimIn({
      async claim(...asked) {
        const answer = !isAway || writes ? await store.claim(...asked) : undefined;
        if (answer && !isAway) return answer;
        isAway = false;
        throw new Error('Connection terminated unexpectedly');
      },
    });
    expect(await claim(conversation, 'call_1', 'one')).toEqual({ holder: 'one', isNew: true });
    expect(await claim(conversation, 'call_1', 'one')).toEqual({ holder: 'one', isNew: false });
  },
);

import { expect, test } from 'vitest';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { away } from '../test/kit/away.ts';
import { claimIn } from './claim-host.ts';

const conversation = { tenant: 'default', id: 'c' };

/** Claims as a call does, until the call is cancelled. */
function ask(store: Parameters<typeof claimIn>[0], callId: string, host: string) {
  const warnings: string[] = [];
  const stopping = new AbortController();
  const claim = claimIn(store, (message) => warnings.push(message));
  return { said: claim(conversation, callId, host, stopping.signal), stopping, warnings };
}

test('the first host gets the call, and every later host is told which one has it', async () => {
  const claim = createMemoryStore();
  expect(await ask(claim, 'call_1', 'one').said).toEqual({ holder: 'one', isNew: true });
  expect(await ask(claim, 'call_1', 'one').said).toEqual({ holder: 'one', isNew: false });
  expect(await ask(claim, 'call_1', 'two').said).toEqual({ holder: 'one', isNew: false });
  expect(await ask(claim, 'call_2', 'two').said).toEqual({ holder: 'two', isNew: true });
});

test.each([
  ['before it has written', false],
  ['after it has written, before its answer arrives', true],
])('a claim is retried when the store fails %s, and still counts as new', async (_, writes) => {
  const store = createMemoryStore();
  let isAway = true;
  const claim: Parameters<typeof claimIn>[0] = {
    async claim(...asked) {
      const answer = !isAway || writes ? await store.claim(...asked) : undefined;
      if (answer && !isAway) return answer;
      isAway = false;
      throw away();
    },
  };
  const first = ask(claim, 'call_1', 'one');
  expect(await first.said).toEqual({ holder: 'one', isNew: true });
  expect(first.warnings).toEqual([expect.stringMatching(/Retrying/)]);
  expect(await ask(claim, 'call_1', 'one').said).toEqual({ holder: 'one', isNew: false });
});

test('a claim is no longer retried once the call is cancelled', async () => {
  const asked = Promise.withResolvers<void>();
  const claim: Parameters<typeof claimIn>[0] = {
    claim() {
      asked.resolve();
      return Promise.reject(away());
    },
  };
  const { said, stopping } = ask(claim, 'call_1', 'one');
  const cancelled = expect(said).rejects.toThrow(/cancelled/);
  await asked.promise;
  stopping.abort(new Error('The call was cancelled.'));
  await cancelled;
});

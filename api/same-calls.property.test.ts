/** Requests of a client that does not name its calls, in every order in which the store may answer. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EntryOf } from '../contract/entry.ts';
import type { CallHead } from '../contract/head.ts';
import { createSameCalls } from './same-calls.ts';

interface Made {
  id: string;
  input: number;
  isQuick: boolean;
  isLogged: boolean;
  isEnded: boolean;
}

const conversation = { tenant: 't', id: 'conv_1' };
const tool = 'echo';

const request = fc.record({
  input: fc.nat(1),
  /** `quick`: it is over when it is answered. `refused`: nothing is begun. */
  ends: fc.constantFrom('quick' as const, 'later' as const, 'later' as const, 'refused' as const),
});

test('while a call is open, the same tool and input begins no other, and is that call', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(request, { minLength: 2, maxLength: 8 }),
      async (turns, requests) => {
        const calls = new Map<string, Made>();
        const same = createSameCalls(storeOf(calls, () => turns.schedule(Promise.resolve())));
        const open = (input: number) =>
          [...calls.values()].filter((call) => call.input === input && !call.isEnded);

        async function ask({ input, ends }: (typeof requests)[number], own: string) {
          await turns.schedule(Promise.resolve());
          const before = open(input);
          const joined = await same.join({ conversation, tool, input: { input }, own });
          const id = joined.call_id;
          const [still] = before.filter(({ isEnded }) => !isEnded);
          if (still) expect(id).toBe(still.id);
          const isRefused = ends === 'refused' && !calls.has(id);
          if (!isRefused && !calls.has(id)) {
            expect(open(input)).toEqual([]);
            const isQuick = ends === 'quick';
            // A quick call is over before the log has it.
            calls.set(id, { id, input, isQuick, isLogged: false, isEnded: isQuick });
            void live(calls.get(id)!);
          }
          await turns.schedule(Promise.resolve());
          joined.left(isRefused ? 'refused' : calls.get(id)!.isQuick ? 'over' : 'open');
        }

        async function live(call: Made): Promise<void> {
          await turns.schedule(Promise.resolve());
          call.isLogged = true;
          await turns.schedule(Promise.resolve());
          call.isEnded = true;
        }

        const all = Promise.all(requests.map((each, nth) => ask(each, `call_${nth}`)));
        await turns.waitFor(all);
      },
    ),
    { numRuns: 2_000 },
  );
});

function storeOf(
  calls: Map<string, Made>,
  takesTurn: () => Promise<unknown>,
): Parameters<typeof createSameCalls>[0] {
  const logged = () => [...calls.values()].filter(({ isLogged }) => isLogged);
  return {
    async conversation() {
      await takesTurn();
      const heads = logged().map(({ id, isEnded }) => ({
        ...{ id, tool, status: isEnded ? 'completed' : 'running', requested_at: '' },
        ...(isEnded && { ended_at: '' }),
      }));
      return { calls: heads as CallHead[] } as never;
    },
    async entries() {
      await takesTurn();
      const entries = logged().map(({ id, input }, nth) => ({
        ...{ seq: nth + 1, kind: 'call.requested', call_id: id, input: { input }, tool },
      }));
      return { entries: entries as unknown as EntryOf<'call.requested'>[] } as never;
    },
  };
}

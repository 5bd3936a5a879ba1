import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../../contract/entry.ts';
import { wakeAt } from '../../conversation/next.ts';
import { newsDueAt } from '../../conversation/news.ts';
import { isBusy, type State, unansweredIn } from '../../conversation/state.ts';
import { script } from '../../test/races/script.ts';
import { live } from '../../test/races/world.ts';
import { createRest, goesOnAtOnce } from './rest.ts';

/** At rest by the rules: nothing is in progress, and nothing is due. */
const isAtRest = (state: State) =>
  state.closed ||
  (!isUnderWay(state) &&
    unansweredIn(state).length === 0 &&
    state.calls.length === 0 &&
    newsDueAt(state) === undefined);

const isUnderWay = (state: State) => {
  const { turn } = state;
  // A reply that spoke, and whose calls were cancelled before their release, is followed by nothing.
  if (turn.phase === 'settling' || turn.phase === 'grace') return !turn.spoke;
  return isBusy(state);
};

function reached(log: Entry[], known: Entry[] = log): boolean {
  const rest = createRest(known);
  log.forEach(rest.apply);
  return rest.isReached();
}

test('the log shows at each moment whether the agent is at rest, in agreement with the rules', () => {
  let rests = 0;
  fc.assert(
    fc.property(
      script.filter(({ acts }) => acts.every(({ do: what }) => what !== 'reset')),
      (given) => {
        const log: Entry[] = [];
        const seen: { length: number; atRest: boolean; state: State }[] = [];
        live(given, (audit) => {
          const { decided } = audit;
          audit.decided = (decision, events) => {
            decided(decision, events);
            log.push(...decision.entries);
            // No entry says that a close is in progress.
            if (decision.state.turn.phase === 'closing') return;
            seen.push({
              length: log.length,
              atRest: isAtRest(decision.state),
              state: decision.state,
            });
          };
        });
        for (const { length, atRest, state } of seen) {
          const past = log.slice(0, length);
          const tail = past.slice(-12).map((entry) => JSON.stringify(entry));
          const context = `${tail.join('\n')}\n${JSON.stringify(state.turn)} ${wakeAt(state)}`;
          expect(reached(past), context).toBe(atRest);
          // Later entries do not change the answer for an earlier moment.
          if (atRest) expect(reached(past, log), context).toBe(true);
          rests += Number(atRest);
        }
        // Nor is it between two entries of one decision, except when an interruption brings a message.
        const ends = new Set(seen.filter(({ atRest }) => atRest).map(({ length }) => length));
        const last = seen.findLast(({ state }) => !state.closed)?.length ?? 0;
        for (let length = 1; length < last; length += 1) {
          const isFound = reached(log.slice(0, length), log) && !goesOnAtOnce(log, length - 1);
          if (!isFound || log[length]?.kind === 'message.user') continue;
          const around = log.slice(Math.max(0, length - 8), length + 3);
          expect(ends.has(length), around.map((e) => JSON.stringify(e)).join('\n')).toBe(true);
        }
      },
    ),
    { numRuns: 300, seed: 7 },
  );
  expect(rests).toBeGreaterThan(300);
});

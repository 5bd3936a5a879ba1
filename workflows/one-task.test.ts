import type { ActivateInput, ConcludeActivationInput } from '@temporalio/workflow';
import { describe, expect, test } from 'vitest';
import { interceptors } from './one-task.ts';

type Activation = ActivateInput['activation'];

/** A run to which the test delivers tasks as the SDK would. */
function createRun() {
  const [guard] = interceptors().internals!;
  return {
    /** @returns whether the run hears it */
    hears(historyLength: number, jobs: Activation['jobs'], isReplaying = false): boolean {
      let isHeard = false;
      const input = { activation: { historyLength, jobs, isReplaying }, batchIndex: 0 };
      guard!.activate!(input, () => void (isHeard = true));
      return isHeard;
    },
    asks(seq: number) {
      const commands = [{ scheduleLocalActivity: { seq } }] as ConcludeActivationInput['commands'];
      guard!.concludeActivation!({ commands }, (input) => input);
    },
  };
}

const signal: Activation['jobs'] = [{ signalWorkflow: { signalName: 'message' } }];
const update: Activation['jobs'] = [{ doUpdate: { id: 'u' } }];
const answer = (seq: number): Activation['jobs'] => [{ resolveActivity: { seq, isLocal: true } }];

describe('a local activity in flight', () => {
  test('may be answered in its own task', () => {
    const run = createRun();
    run.hears(3, signal);
    run.asks(1);
    expect(run.hears(3, answer(1))).toBe(true);
    expect(run.hears(7, signal)).toBe(true);
  });

  test.each([
    ['a signal of the next task', 7, signal],
    ['its answer, in the next task', 7, answer(1)],
    ['an update of a task that the server begins again at the same place', 3, update],
    ['a timer of a task that begins again in this way', 3, [{ fireTimer: { seq: 1 } }]],
  ])('fails the task with %s', (_what, length, jobs) => {
    const run = createRun();
    run.hears(3, signal);
    run.asks(1);
    expect(() => run.hears(length, jobs)).toThrow('decided again from its history');
  });

  test('is carried over when a replay asked for it, since its task is committed', () => {
    const run = createRun();
    run.hears(3, signal, true);
    run.asks(1);
    expect(run.hears(7, signal)).toBe(true);
    expect(run.hears(7, answer(1))).toBe(true);
  });

  test('does not block queries', () => {
    const run = createRun();
    run.hears(3, signal);
    run.asks(1);
    expect(run.hears(7, [{ queryWorkflow: { queryId: 'q' } }])).toBe(true);
    expect(run.hears(3, answer(1))).toBe(true);
  });
});

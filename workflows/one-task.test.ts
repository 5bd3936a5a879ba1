import type { ActivateInput, ConcludeActivationInput } from '@temporalio/workflow';
import { describe, expect, test } from 'vitest';
import { interceptors } from './one-task.ts';

type Activation = ActivateInput['activation'];

/** A run whose interceptor the test calls as the SDK would. */
function createRun() {
  const [guard] = interceptors().internals!;
  return {
    /** Delivers a workflow task. @returns whether it reaches the workflow */
    activates(historyLength: number, jobs: Activation['jobs'], isReplaying = false): boolean {
      let isDelivered = false;
      const input = { activation: { historyLength, jobs, isReplaying }, batchIndex: 0 };
      guard!.activate!(input, () => void (isDelivered = true));
      return isDelivered;
    },
    /** Ends a task in which the workflow has scheduled a local activity. */
    schedulesLocal(seq: number) {
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
    run.activates(3, signal);
    run.schedulesLocal(1);
    expect(run.activates(3, answer(1))).toBe(true);
    expect(run.activates(7, signal)).toBe(true);
  });

  test.each([
    ['a signal of the next task', 7, signal],
    ['its answer, in the next task', 7, answer(1)],
    ['an update, in a task that the server starts again at the same length', 3, update],
    ['a timer, in such a task', 3, [{ fireTimer: { seq: 1 } }]],
  ])('fails the task that delivers %s', (_what, length, jobs) => {
    const run = createRun();
    run.activates(3, signal);
    run.schedulesLocal(1);
    expect(() => run.activates(length, jobs)).toThrow('decided again from its history');
  });

  test('may be answered in a later task if it was scheduled in replay, since its task is committed', () => {
    const run = createRun();
    run.activates(3, signal, true);
    run.schedulesLocal(1);
    expect(run.activates(7, signal)).toBe(true);
    expect(run.activates(7, answer(1))).toBe(true);
  });

  test('does not block queries', () => {
    const run = createRun();
    run.activates(3, signal);
    run.schedulesLocal(1);
    expect(run.activates(7, [{ queryWorkflow: { queryId: 'q' } }])).toBe(true);
    expect(run.activates(3, answer(1))).toBe(true);
  });
});

import type { ActivateInput } from '@temporalio/workflow';
import { expect, test } from 'vitest';
import { interceptors } from './updates-last.ts';

type Activation = ActivateInput['activation'];

/** What the workflow receives of such jobs, in order. */
function received(jobs: Activation['jobs']): Activation['jobs'] {
  let delivered: Activation['jobs'];
  const [guard] = interceptors().internals!;
  guard!.activate!({ activation: { jobs }, batchIndex: 0 }, ({ activation }) => {
    delivered = activation.jobs;
  });
  return delivered;
}

const signal = (signalName: string) => ({ signalWorkflow: { signalName } });
const update = (id: string) => ({ doUpdate: { id } });
const start = { initializeWorkflow: {} };
const result = { resolveActivity: { seq: 1 } };

test('updates of a task are heard after its signals, and before everything else, in their order', () => {
  const mixed = [start, update('a'), signal('b'), update('c'), signal('d'), update('e'), result];
  const sorted = [start, signal('b'), signal('d'), update('a'), update('c'), update('e'), result];
  expect(received(mixed)).toEqual(sorted);
  expect(received(sorted)).toEqual(sorted);
});

test('a task without signals is delivered as it is', () => {
  const jobs = [update('a'), result, update('b')];
  expect(received(jobs)).toEqual(jobs);
  expect(received([])).toEqual([]);
});

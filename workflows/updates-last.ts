/**
 * Lets a task's updates be heard after its signals, as on every replay.
 *
 * A reset gives the new run again what the old one received after that point. The SDK (1.24.0) first delivers those signals and
 * updates in the order in which they came. On replay it delivers the updates after all signals, so the run would decide differently
 * from its history and fail for good. Updates that come otherwise are last anyway.
 */
import type { ActivateInput, WorkflowInterceptors } from '@temporalio/workflow';

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];

export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        // In place: a copy of the activation would lose what it inherits.
        input.activation.jobs = updatesLast(input.activation.jobs ?? []);
        return next(input);
      },
    },
  ],
});

/** Only signals and updates change places: the SDK has put all other jobs before or after them. */
function updatesLast(jobs: Job[]): Job[] {
  const end = 1 + jobs.findLastIndex(({ signalWorkflow }) => signalWorkflow != null);
  const told = jobs.slice(0, end);
  return [
    ...told.filter(({ doUpdate }) => doUpdate == null),
    ...told.filter(({ doUpdate }) => doUpdate != null),
    ...jobs.slice(end),
  ];
}

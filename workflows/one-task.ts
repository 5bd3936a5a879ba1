/**
 * Fails a task that inherits local activities from another one, so that the run is decided again from its history.
 *
 * The history records a local activity together with what its task decided. If a new task reaches the run while the activity is
 * under way, what comes with it is heard after that decision now, but before it on every replay. This happens when a task is
 * carried over by a heartbeat, and when the server has lost a task: in a crash, or because it took too long. The SDK has no
 * protection against the latter (1.24.0 only logs "Trying to send a new WFT for a run which already has one").
 */
import type { ActivateInput, WorkflowInterceptors } from '@temporalio/workflow';

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];

export function interceptors(): WorkflowInterceptors {
  /** Local activities under way by number, each with the length of the history that its task began with. */
  const asked = new Map<number, number>();
  let task = { length: 0, isReplaying: true };
  return {
    internals: [
      {
        activate(input, next) {
          const { historyLength, isReplaying } = input.activation;
          const jobs = input.activation.jobs ?? [];
          if (jobs.every(({ queryWorkflow }) => queryWorkflow != null)) return next(input);
          task = { length: historyLength ?? 0, isReplaying: isReplaying ?? false };
          if (asked.size > 0 && !task.isReplaying) {
            const lengths = [...asked.values()];
            // A task that the server lost, and the next one, may see equally long histories.
            if (jobs.some(comesWithTask) || lengths.some((length) => length !== task.length)) {
              throw new InheritedWork();
            }
          }
          for (const { resolveActivity } of jobs) {
            if (resolveActivity?.isLocal) asked.delete(resolveActivity.seq ?? 0);
          }
          return next(input);
        },
        concludeActivation(input, next) {
          for (const { scheduleLocalActivity } of input.commands) {
            // One that a replay asks for has no trace in the history: its task was carried over, and is committed.
            if (!scheduleLocalActivity || task.isReplaying) continue;
            asked.set(scheduleLocalActivity.seq ?? 0, task.length);
          }
          return next(input);
        },
      },
    ],
  };
}

const comesWithTask = (job: Job) =>
  job.signalWorkflow != null ||
  job.doUpdate != null ||
  job.fireTimer != null ||
  job.cancelWorkflow != null ||
  job.updateRandomSeed != null;

class InheritedWork extends Error {
  override name = 'InheritedWork';
  constructor() {
    super(
      'A new task began while a local activity of an earlier one was under way: the run is decided again from its history.',
    );
  }
}

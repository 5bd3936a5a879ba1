/**
 * One worker for each kind of work, in one process, so that no kind waits for another: workflows with replies, summaries and the log;
 * tools, which may run for hours; and errands, which are all other activities of calls. Each takes no more tasks from Temporal than it
 * may run at once.
 */
import { Worker, type WorkerOptions as TemporalWorkerOptions } from '@temporalio/worker';
import type { Activities } from '../activities/index.ts';
import { errandQueue, toolQueue } from '../contract/names.ts';
import { createLeanWorker, type LeanOptions } from './sandbox/lean-worker.ts';

/** How much of each kind a process does at once. */
export interface WorkLimits {
  replies: number;
  tools: number;
  errands: number;
}

export interface Workers {
  /** Resolves when all have been shut down, rejects when one stops unexpectedly. */
  run(): Promise<void>;
  /** Idempotent. */
  shutdown(): void;
}

/** @param lean how workflows run. Default: the SDK's own way */
export async function createWorkers(
  options: Omit<TemporalWorkerOptions, 'activities'> & { activities: Activities },
  limits: WorkLimits,
  lean?: LeanOptions,
): Promise<Workers> {
  const { workflowBundle, reuseV8Context, sinks, ...common } = options;
  const { taskQueue } = common;
  const createWithWorkflows = (given: TemporalWorkerOptions) =>
    lean ? createLeanWorker(given, lean) : Worker.create(given);
  const { runTool, announceCall, withdrawCall, takeSlot, releaseSlot, stopProgram, pushNews } =
    common.activities;
  const workers = await Promise.all([
    // All activities: those that an earlier version scheduled are on this queue.
    createWithWorkflows({
      ...common,
      workflowBundle,
      reuseV8Context,
      sinks,
      maxConcurrentActivityTaskExecutions: limits.replies,
    }),
    Worker.create({
      ...common,
      taskQueue: toolQueue(taskQueue),
      activities: { runTool },
      maxConcurrentActivityTaskExecutions: limits.tools,
    }),
    Worker.create({
      ...common,
      taskQueue: errandQueue(taskQueue),
      // `runTool` is for `read_result`, a tool that waits for no other.
      activities: {
        announceCall,
        withdrawCall,
        takeSlot,
        releaseSlot,
        stopProgram,
        pushNews,
        runTool,
      },
      maxConcurrentActivityTaskExecutions: limits.errands,
    }),
  ]);
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    async run() {
      const running = workers.map((worker) => worker.run());
      try {
        await Promise.all(running);
      } finally {
        shutdown();
        await Promise.allSettled(running);
      }
    },
    shutdown,
  };
}

/**
 * Temporal's worker, with workflows that cost less. The SDK gives each call into a workflow's sandbox a thread of its own that watches
 * the time, and each promise in it a stack trace: together a third of what a turn costs. Here one pulse watches the thread as a
 * whole, and traces are a setting.
 *
 * This reaches into the SDK, so it holds for one version of it. With any other, and where it does not find what it expects, the
 * SDK's own way is taken.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker as Thread } from 'node:worker_threads';
import { Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type * as Threaded from '@temporalio/worker/lib/workflow/threaded-vm.js';
import type { ThreadData } from './thread.ts';
import { watchPulse } from './watch-pulse.ts';

export interface LeanOptions {
  /** Temporal's UI can show where a workflow waits. */
  stackTraces: boolean;
  /** Is told when a workflow never yielded. Its thread is ended then, and the worker does nothing more. */
  stuck(): void;
  /** For tests. Milliseconds. */
  patience_ms?: number;
}

/** Of the SDK whose inner parts this was written for. */
export const MADE_FOR = '1.24.0';

/** @throws what Worker.create throws */
export async function createLeanWorker(options: WorkerOptions, lean: LeanOptions): Promise<Worker> {
  const why = whyNot();
  if (!why) return leanWorker(lean).create(options);
  Runtime.instance().logger.info(`Workflows run in the SDK's own way, which costs more: ${why}.`);
  return Worker.create(options);
}

function whyNot(): string | undefined {
  const found = (readJson('@temporalio/worker/package.json') as { version: string }).version;
  if (found !== MADE_FOR) return `the SDK is ${found}, not ${MADE_FOR}`;
  const { createWorkflowCreator } = Worker as unknown as Record<string, unknown>;
  const parts = [
    createWorkflowCreator,
    inner().ThreadedVMWorkflowCreator,
    inner().WorkerThreadClient,
  ];
  if (parts.some((part) => typeof part !== 'function')) return 'the SDK has other parts';
  return undefined;
}

const require = createRequire(import.meta.url);
const readJson = (path: string): unknown => JSON.parse(readFileSync(require.resolve(path), 'utf8'));
const inner = () => require('@temporalio/worker/lib/workflow/threaded-vm.js') as typeof Threaded;

const leanWorker = ({ stackTraces, stuck, patience_ms }: LeanOptions): typeof Worker =>
  class LeanWorker extends Worker {
    protected static override async createWorkflowCreator(
      ...[workflowBundle, options, logger]: Parameters<typeof Worker.createWorkflowCreator>
    ): Promise<Threaded.ThreadedVMWorkflowCreator> {
      const { ThreadedVMWorkflowCreator, WorkerThreadClient } = inner();
      const data: ThreadData = { pulse: new SharedArrayBuffer(4), stackTraces };
      const thread = new Thread(new URL('thread.ts', import.meta.url), {
        workerData: data,
        name: 'workflows',
      });
      watchPulse(thread, data.pulse, { stuck, patience_ms });
      const client = new WorkerThreadClient(thread, logger);
      await client.send({
        type: 'init',
        workflowBundle,
        // Undefined, no thread watches the call.
        isolateExecutionTimeoutMs: undefined as unknown as number,
        reuseV8Context: options.reuseV8Context ?? true,
        registeredActivityNames: new Set(options.activities.keys()),
        hasPatchActivationCallback: false,
      });
      return new ThreadedVMWorkflowCreator([client]);
    }
  };

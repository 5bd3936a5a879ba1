/**
 * Temporal's worker, with workflows that cost less. For each call into a workflow's sandbox, the SDK starts a thread that watches the
 * time, and it records a stack trace for each promise: together a third of a turn's cost. Here one pulse watches the whole thread, and
 * traces are a setting. Also, the worker asks the thread for calls of sinks only when there are any.
 *
 * This relies on the SDK's internals, so it works with only one version. With any other version, or if the internals are not as
 * expected, workflows run the SDK's own way.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { Worker as Thread } from 'node:worker_threads';
import { Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type * as Threaded from '@temporalio/worker/lib/workflow/threaded-vm.js';
import { leanThread } from '../../threads/lean-thread.ts';
import type { ActivationOutput, ThreadData } from './thread.ts';
import { watchPulse } from './watch-pulse.ts';
import { withoutTraces } from './without-traces.ts';

export interface LeanOptions {
  /** Whether Temporal's UI can show where a workflow waits. */
  stackTraces: boolean;
  /** Called when a workflow never yields. The thread is then terminated, and the worker does nothing more. */
  stuck(): void;
  /** For tests. Milliseconds. */
  patience_ms?: number;
}

/** The version of the SDK whose internals this was written for. */
export const MADE_FOR = '1.24.0';

/** @throws what Worker.create throws */
export async function createLeanWorker(options: WorkerOptions, lean: LeanOptions): Promise<Worker> {
  const why = whyNot();
  const { logger } = Runtime.instance();
  if (!why) {
    const worker = await leanWorker(lean).create(options);
    withoutTraces(worker, logger);
    return worker;
  }
  logger.info(`Workflows run in the SDK's own sandbox, which costs more CPU: ${why}.`);
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
  if (parts.some((part) => typeof part !== 'function')) return 'the SDK has different parts';
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
      const thread = new Thread(
        new URL(`thread${extname(import.meta.filename)}`, import.meta.url),
        {
          ...leanThread(),
          workerData: data,
          name: 'workflows',
        },
      );
      watchPulse(thread, data.pulse, { stuck, patience_ms });
      const client = new (withoutIdleQuestions(WorkerThreadClient))(thread, logger);
      await client.send({
        type: 'init',
        workflowBundle: withoutComment(workflowBundle),
        // When undefined, no thread watches the call.
        isolateExecutionTimeoutMs: undefined as unknown as number,
        reuseV8Context: options.reuseV8Context ?? true,
        registeredActivityNames: new Set(options.activities.keys()),
        hasPatchActivationCallback: false,
      });
      return new ThreadedVMWorkflowCreator([client]);
    }
  };

/**
 * The bundle without its source map, a comment that is larger than its code. The thread is given the map beside the code, and V8 would keep
 * the comment twice.
 */
function withoutComment<B extends { code: string }>(bundle: B): B {
  const end = bundle.code.lastIndexOf('//# sourceMappingURL=data:');
  return end === -1 ? bundle : { ...bundle, code: bundle.code.slice(0, end) };
}

/**
 * After each activation, the SDK asks the thread for the workflow's calls of sinks, although there are hardly ever any. The thread says
 * so with the activation, so this answers in its place.
 */
const withoutIdleQuestions = (client: typeof Threaded.WorkerThreadClient) =>
  class extends client {
    /** Run ids of workflows that have called no sink in their last activation. */
    readonly #quiet = new Set<string>();

    override async send(
      ...[input]: Parameters<Threaded.WorkerThreadClient['send']>
    ): ReturnType<Threaded.WorkerThreadClient['send']> {
      if (input.type === 'extract-sink-calls' && this.#quiet.delete(input.runId)) {
        return { type: 'sink-calls', calls: [] };
      }
      const output = await super.send(input);
      if (input.type === 'activate-workflow') {
        const { calledNoSink } = output as unknown as ActivationOutput;
        if (calledNoSink) this.#quiet.add(input.runId);
        else this.#quiet.delete(input.runId);
      }
      return output;
    }
  };

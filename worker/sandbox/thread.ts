/**
 * The code of the workflow thread: Temporal's own code, without a stack trace for every promise unless stack traces are enabled. The
 * thread increments a counter, so that its process notices a workflow that never yields. With each answer it says whether the workflow
 * has called a sink, so that the process need not ask.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';

export interface ThreadData {
  /** Grows as long as the thread's timers run. One Int32. */
  pulse: SharedArrayBuffer;
  /** Whether Temporal's UI can show where a workflow waits. */
  stackTraces: boolean;
}

const PULSE_MS = 500;

async function serve({ pulse, stackTraces }: ThreadData): Promise<void> {
  const count = new Int32Array(pulse);
  const beat = () => void Atomics.add(count, 0, 1);
  beat();
  setInterval(beat, PULSE_MS).unref();
  if (!stackTraces) {
    // As on a Node without the hook, Temporal then runs without it, and its query answers that there are no traces.
    Object.assign(globalHandlers, { setPromiseHook: () => {} });
  }
  const post = parentPort!.postMessage.bind(parentPort!);
  parentPort!.postMessage = (answer: ThreadAnswer) => {
    const output = answer.result?.output;
    if (output?.type === 'activation-completion') {
      output.calledNoSink = hasCalledNoSink(output.completion.runId);
    }
    post(answer);
  };
  await import('@temporalio/worker/lib/workflow/workflow-worker-thread.js');
}

/** The part of an answer of the SDK's thread that is used here. */
interface ThreadAnswer {
  result?: { output?: ActivationOutput };
}

export interface ActivationOutput {
  type: string;
  completion: { runId: string };
  /** Added here. */
  calledNoSink?: boolean;
}

function hasCalledNoSink(runId: string): boolean {
  const workflow = ReusableVMWorkflowCreator.workflowByRunId.get(runId) as
    | { activator?: { sinkCalls?: unknown[] } }
    | undefined;
  return workflow?.activator?.sinkCalls?.length === 0;
}

if (parentPort) await serve(workerData as ThreadData);

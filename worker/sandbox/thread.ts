/**
 * What runs in the workflow thread: Temporal's own code, without a stack trace for every promise unless stack traces are enabled.
 * It increments a counter, so that the process that started it notices a workflow that never yields, and says with each answer
 * whether the workflow has called a sink, so that the process need not ask.
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
    // Temporal runs without the hook where Node has none, and says in the query that there are no traces.
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

/** An answer of the SDK's own thread, as far as it matters here. */
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

/**
 * What runs in the workflow thread: Temporal's own code, without a stack trace for every promise unless stack traces are enabled.
 * It increments a counter, so that the process that started it notices a workflow that never yields.
 */
import { parentPort, workerData } from 'node:worker_threads';
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
  await import('@temporalio/worker/lib/workflow/workflow-worker-thread.js');
}

if (parentPort) await serve(workerData as ThreadData);

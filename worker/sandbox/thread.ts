/**
 * What runs in the thread of the workflows: Temporal's own code, without a stack trace for every promise where nobody wants to see
 * them. It counts, so that the process that started it sees a workflow that never yields.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';

export interface ThreadData {
  /** Grows for as long as the thread gets to its timers. One Int32. */
  pulse: SharedArrayBuffer;
  /** Temporal's UI can show where a workflow waits. */
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

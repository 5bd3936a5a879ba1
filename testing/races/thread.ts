/** One thread of `npm run races`: its own seeds, its share of the steps. */
import { parentPort, workerData } from 'node:worker_threads';
import { race } from './run.ts';

const share = workerData as { steps: number; seed: number };
const tell = (message: object) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort!.postMessage(message);
};
const raced = race(share, (steps) => tell({ steps }));
tell({ raced });

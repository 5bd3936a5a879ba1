/** One thread of `npm run races`: its own seeds, its share of the steps. */
import { parentPort, workerData } from 'node:worker_threads';
import { race, type WorldName } from './run.ts';

const share = workerData as { world: WorldName; steps: number; seed: number };
const raced = race(share, (steps) => parentPort?.postMessage({ steps }));
parentPort?.postMessage({ raced });

/**
 * Options for a thread of the service that takes less memory than Node's defaults. Without a compile cache of its own, a thread loads what
 * strips TypeScript's types, some 10 MB that it never uses again; Node takes the folder only from the thread's environment. And the halves
 * of its young generation would grow as large as the main thread's, which creates far more garbage.
 */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { WorkerOptions } from 'node:worker_threads';

export function leanThread(): WorkerOptions {
  // Node's own option, `resourceLimits`, has no effect when the process was started with this flag. V8 reads it when a thread begins, so
  // it changes nothing for this one.
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MB}`);
  const cache = getCompileCacheDir();
  // Node adds a folder for its version to the one that it is given.
  return cache === undefined ? {} : { env: { ...process.env, NODE_COMPILE_CACHE: dirname(cache) } };
}

/** Each half of a thread's young generation. */
const SEMI_SPACE_MB = 4;

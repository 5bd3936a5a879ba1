/*
 * Starts keeper.ts. Arguments: the spool's folder and, optionally, a folder for compiled code. It is plain JavaScript, so that it can
 * enable the compile cache before any other code is loaded: stripping types takes more than half of the start time.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';

const compiled = process.argv[3];
if (compiled) {
  enableCompileCache(compiled);
  // Flushes before the exit too, so that keepers that start in the meantime find the cache.
  setTimeout(() => flushCompileCache(), 500).unref();
}
await import('./keeper.ts');

/*
 * Starts keeper.ts. Arguments: the spool's folder and, if there is one, a folder for compiled code. Plain JavaScript, since many may be
 * started at once: Node keeps there what it has compiled, and stripping types from the code costs more than half of a start.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';

const compiled = process.argv[3];
if (compiled) {
  enableCompileCache(compiled);
  // Not only at its end: others may be started meanwhile.
  setTimeout(() => flushCompileCache(), 500).unref();
}
await import('./keeper.ts');

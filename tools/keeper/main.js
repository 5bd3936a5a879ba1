/*
 * Starts keeper.ts. Arguments: the spool's folder and, optionally, a folder for compiled code. Plain JavaScript, since many may
 * be started at once: Node caches the compiled code there, and stripping types takes more than half of the start time.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';

const compiled = process.argv[3];
if (compiled) {
  enableCompileCache(compiled);
  // Flushed early and not only at exit, since others may be started meanwhile.
  setTimeout(() => flushCompileCache(), 500).unref();
}
await import('./keeper.ts');

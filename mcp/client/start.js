/*
 * Starts call-program.ts. Argument: optionally, a folder for compiled code. Plain JavaScript: with a cache of compiled code it starts in
 * half the time.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';

const compiled = process.argv[2];
if (compiled) {
  enableCompileCache(compiled);
  // Flushed early and not only at exit, since others may be started meanwhile.
  setTimeout(() => flushCompileCache(), 2_000).unref();
}
await import('./call-program.ts');

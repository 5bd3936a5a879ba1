/*
 * Starts a program that calls MCP servers. Arguments: `call` or `host`; optionally, a folder for compiled code. It is plain JavaScript,
 * so that it can enable the compile cache before any other code is loaded. That halves the time of a start.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';

const [program, compiled] = process.argv.slice(2);
if (compiled) {
  enableCompileCache(compiled);
  // Flushes before the exit too, so that programs that start in the meantime find the cache.
  setTimeout(() => flushCompileCache(), 2_000).unref();
}
if (program === 'host') await import('./warm/host-program.ts');
else await import('./call-program.ts');

/*
 * Starts a program that talks to MCP servers. Arguments: `call` or `host`; optionally, a folder for compiled code. Plain JavaScript: with
 * a cache of compiled code it starts in half the time.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';

const [program, compiled] = process.argv.slice(2);
if (compiled) {
  enableCompileCache(compiled);
  // Flushed early and not only at exit, since others may be started meanwhile.
  setTimeout(() => flushCompileCache(), 2_000).unref();
}
if (program === 'host') await import('./warm/host-program.ts');
else await import('./call-program.ts');

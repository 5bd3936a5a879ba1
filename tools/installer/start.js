/*
 * `node start.js <folder> <package>`: see install.ts. Plain JavaScript, since many may be started at once: Node caches the
 * compiled code below the folder, and stripping types takes more than half of the start time.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

const folder = process.argv[2];
if (folder) {
  enableCompileCache(join(folder, '.compiled'));
  // Flushes before the exit too, so that programs that start in the meantime find the cache.
  setTimeout(() => flushCompileCache(), 500).unref();
}
await import('./install.ts');

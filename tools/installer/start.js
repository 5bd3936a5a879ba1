/*
 * `node start.js <folder> <package>`: install.ts, which see. Plain JavaScript, since many may be started at once: Node keeps what it
 * has compiled below the folder, and stripping types from the code costs more than half of a start.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

const folder = process.argv[2];
if (folder) {
  enableCompileCache(join(folder, '.compiled'));
  // Not only at its end: others may be started meanwhile.
  setTimeout(() => flushCompileCache(), 500).unref();
}
await import('./install.ts');

/*
 * Node's compile cache, beside the code that it is made of, so that every home starts with it: for modules that are imported after this one.
 * Does nothing without the folder, which `npm run build` makes, or if this user cannot write to it, since code that is not in the cache
 * would then never get into it.
 * Node checks each entry against its source, and keeps those of each version and user apart. Plain JavaScript: stripping its types would
 * be the first thing that takes time.
 */
import { accessSync, constants } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../build/code/', import.meta.url));

if (isWritable()) enableCompileCache(folder);

function isWritable() {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

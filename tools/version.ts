import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version of this package. Read when asked for: an import would copy the file into the compiled package. */
export function packageVersion(): string {
  const path = findPackageJSON('..', import.meta.url)!;
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

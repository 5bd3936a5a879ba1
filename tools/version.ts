import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version of this package. It is read at run time, because an import would copy package.json into the compiled package. */
export function packageVersion(): string {
  const path = findPackageJSON('..', import.meta.url)!;
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

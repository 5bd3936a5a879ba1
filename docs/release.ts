/**
 * Runs within `npm version`, between the change of package.json and the commit: puts the version and the date above the unreleased
 * changes in the changelog. With `check` it only reports whether there is something to release.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import packageFile from '../package.json' with { type: 'json' };

const UNRELEASED = '## Unreleased\n';

/** @throws Error when there is nothing to release, or the version has been released */
export function release(changelog: string, version: string, day: string): string {
  if (versionsIn(changelog).includes(version)) {
    throw new Error(`CHANGELOG.md already has ${version}.`);
  }
  const begin = changelog.indexOf(UNRELEASED);
  const changes = changelog.slice(begin + UNRELEASED.length).split(/^## /m)[0]!;
  if (begin === -1 || !/^- /m.test(changes)) {
    throw new Error('CHANGELOG.md has no entry under "## Unreleased".');
  }
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n## ${version} - ${day}\n`);
}

/** The released versions that the changelog has, newest first. */
export const versionsIn = (changelog: string) =>
  [...changelog.matchAll(/^## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}$/gm)].map(([, name]) => name!);

if (import.meta.main) {
  const text = readFileSync('CHANGELOG.md', 'utf8');
  const day = new Date().toISOString().slice(0, 10);
  try {
    // `check` runs before npm changes package.json, since npm does not undo that when a later step fails.
    if (process.argv[2] === 'check') release(text, 'next', day);
    else writeFileSync('CHANGELOG.md', release(text, packageFile.version, day));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

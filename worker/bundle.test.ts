import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SOURCES } from './bundle.ts';

/** Matches at the beginning of a line, since the code in a function is indented. */
const KEEPS =
  /^(?:export )?(?:let |var |const [^=]*= new (?:Map|Set|WeakMap|WeakSet)(?:<.*>)?\(\s*\)|const [^=]*= (?:\[\]|\{\});)/m;

test.each(SOURCES)('no module of %s keeps state, since workflows share modules', async (folder) => {
  const root = new URL(`../${folder}/`, import.meta.url);
  const files = (await readdir(root)).filter((name) => /(?<!\.test)\.ts$/.test(name));
  expect(files.length).toBeGreaterThan(5);
  const found: string[] = [];
  for (const file of files) {
    const kept = KEEPS.exec(await readFile(new URL(file, root), 'utf8'));
    if (kept) found.push(`${file}: ${kept[0]}`);
  }
  expect(found).toEqual([]);
});

test.each([
  ['let count = 0;', true],
  ['export const known = new Map<string, number>();', true],
  ['const seen: Set<string> = new Set();', true],
  ['const found: string[] = [];', true],
  ["const KINDS = new Set(['a']);", false],
  ['  let inside = 0;', false],
])('%s: %s', (line, keeps) => {
  expect(KEEPS.test(`import x from 'y';\n${line}\n`)).toBe(keeps);
});

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXPORT = /^export (?:abstract )?(?:interface|type|class|enum) (\w+)/gm;
const NOT_OURS = ['node_modules', 'dist', 'build'];

test('an exported type has a name that no other file exports', () => {
  const files = globSync('**/*.{ts,tsx}', {
    cwd: ROOT,
    exclude: (name) => NOT_OURS.includes(name),
  });
  const places = new Map<string, string[]>();
  for (const file of files) {
    for (const [, name] of readFileSync(join(ROOT, file), 'utf8').matchAll(EXPORT)) {
      places.set(name!, [...(places.get(name!) ?? []), file]);
    }
  }
  expect(places.size).toBeGreaterThan(100);
  expect([...places].filter(([, { length }]) => length > 1)).toEqual([]);
});

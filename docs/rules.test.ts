/** References to the rules, to documents and to code lead somewhere. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const read = (path: string) => readFileSync(path, 'utf8');
const rules = new Set(
  [...read('docs/rules.md').matchAll(/^## (R\d+)\. /gm)].map(([, name]) => name!),
);
const IGNORED = ['node_modules/**', 'build/**', 'dist/**', '**/.meanwhile/**'];
const code = globSync('**/*.ts', { exclude: IGNORED });
const documents = globSync('**/*.md', { exclude: IGNORED });

test('there are fifteen rules, each with a story', () => {
  expect([...rules]).toEqual(Array.from({ length: 15 }, (_, nth) => `R${nth + 1}`));
  for (const section of read('docs/rules.md')
    .split(/^## (?=R\d+\. )/m)
    .slice(1)) {
    expect(section, section.slice(0, 40)).toMatch(/^> /m);
  }
});

test('every rule that code or a document names exists', () => {
  const missing = [...code, ...documents].flatMap((path) =>
    [...read(path).matchAll(/(?<![\w"'`-])R\d{1,2}\b(?![\w"'-])/g)]
      .filter(([name]) => !rules.has(name))
      .map(([name]) => `${path}: ${name}`),
  );
  expect(missing).toEqual([]);
});

test('every document that code names exists', () => {
  const missing = code.flatMap((path) =>
    [...read(path).matchAll(/\bdocs\/[\w/-]+\.(?:md|json)\b/g)]
      .filter(([name]) => !existsSync(name))
      .map(([name]) => `${path}: ${name}`),
  );
  expect(missing).toEqual([]);
});

test('code and documents cite no section of a document outside this repository', () => {
  const missing = [...code, ...documents].flatMap((path) =>
    [...read(path).matchAll(/§ ?\d/g)].map(([name]) => `${path}: ${name}`),
  );
  expect(missing).toEqual([]);
});

const INDEX = 'conversation/decide.ts';
const rows = [...read(INDEX).matchAll(/^ \* {3}(R\d+) .*? {2,}(\S.*)$/gm)];

describe(`the index in ${INDEX}`, () => {
  test('lists each rule', () => {
    expect(rows.map(([, name]) => name)).toEqual([...rules]);
  });

  test.each(rows.map(([, name, where]) => [name!, where!] as const))(
    'says where %s is: %s',
    (name, where) => {
      for (const [, file = '', defined] of where.matchAll(/([\w./-]+\.ts)(?: \((\w+)\))?/g)) {
        const path = join(dirname(INDEX), file);
        expect(existsSync(path), path).toBe(true);
        const text = read(path);
        expect(new RegExp(`\\b${name}\\b`).test(text), `${path} names ${name}`).toBe(true);
        if (defined === undefined) continue;
        const defines = new RegExp(`\\b(?:function|type|interface|const) ${defined}\\b`);
        expect(defines.test(text), `${path} defines ${defined}`).toBe(true);
      }
    },
  );
});

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importTable } from './imports.ts';

const IGNORED = ['node_modules/**', 'dist/**', '**/.meanwhile/**'];
const table = importTable();
const paths = table.map(({ path }) => path);

test('every folder and file of the table exists', () => {
  expect(paths.length).toBeGreaterThan(30);
  for (const { path, mayImport, mayImportTypesOf } of table) {
    for (const named of [path, ...mayImport, ...mayImportTypesOf]) {
      expect(existsSync(named), named).toBe(true);
    }
  }
});

test('every file is in a folder of the table', () => {
  const files = globSync('*/**/*.ts', { exclude: IGNORED });
  const without = files.filter((file) => !paths.some((path) => file.startsWith(`${path}/`)));
  expect(without).toEqual([]);
});

test('no folder of the product imports one of test/', () => {
  const product = table.filter(({ path }) => !path.startsWith('test/'));
  expect(product.flatMap(({ mayImport }) => mayImport).filter((p) => p.startsWith('test'))).toEqual(
    [],
  );
});

test('every import that a folder is allowed is used by one of its files', () => {
  const owner = (file: string) =>
    paths
      .filter((path) => path === file || file.startsWith(`${path}/`))
      .toSorted((a, b) => b.length - a.length)[0];
  const used = new Set<string>();
  for (const file of globSync(['*.ts', '*/**/*.{ts,js}'], { exclude: IGNORED })) {
    if (file.endsWith('.test.ts')) continue;
    for (const [, way = ''] of readFileSync(file, 'utf8').matchAll(/'(\.\.?\/[^']+)'/g)) {
      const target = join(dirname(file), way);
      for (const path of [...paths, 'package.json', 'test/chaos/evidence.ts']) {
        if (target === path || target.startsWith(`${path}/`)) used.add(`${owner(file)} ${path}`);
      }
    }
  }
  const idle = table.flatMap(({ path, mayImport, mayImportTypesOf }) =>
    [...mayImport, ...mayImportTypesOf]
      .filter((name) => !used.has(`${path} ${name}`))
      .map((name) => `${path} may import ${name}, and does not`),
  );
  expect(idle).toEqual([]);
});

/** A file, one line of it, and whether the linter accepts it. */
const CASES: [file: string, line: string, accepted: boolean][] = [
  ['store/a.ts', `import '../contract/other.ts';`, true],
  ['store/b.ts', `import '../model/other.ts';`, false],
  ['store/c.ts', `export * from '../model/other.ts';`, false],
  ['store/d.ts', `import type { A } from '../model/other.ts';`, false],
  ['store/e.ts', `import '../config.ts';`, false],
  ['store/f.ts', `import '../test/kit/other.ts';`, false],
  ['store/a.test.ts', `import '../test/kit/other.ts';`, true],
  ['store/deep/deeper/a.ts', `import '../../other.ts';`, true],
  ['store/deep/deeper/b.ts', `import '../../../contract/other.ts';`, true],
  ['store/deep/deeper/c.ts', `import '../../../model/other.ts';`, false],
  ['test/e2e/extensions/store/a.ts', `import '../../../../contract/other.ts';`, false],
  ['test/kit/a.ts', `import '../store/other.ts';`, true],
  ['test/kit/b.ts', `import '../chaos/other.ts';`, false],
  ['test/chaos/check/a.ts', `import '../evidence.ts';`, true],
  ['test/chaos/check/b.ts', `import '../run.ts';`, false],
  ['cli/a.ts', `import './demo/other.ts';`, true],
  ['cli/b.ts', `import '../config.ts';`, true],
  ['cli/demo/a.ts', `import '../main.ts';`, false],
  ['config.ts', `import './store/other.ts';`, false],
  ['workflows/a.ts', `import type { A } from '../activities/other.ts';`, true],
  ['workflows/b.ts', `import { a } from '../activities/other.ts';`, false],
  ['workflows/c.ts', `import type { A } from '../model/other.ts';`, false],
  ['workflows/d.ts', `import 'node:fs';`, false],
  ['conversation/a.ts', `import '@temporalio/common';`, false],
  ['contract/a.ts', `import 'node:crypto';`, false],
  ['api/a.ts', `void process.env.PORT;`, false],
];

describe('the linter', () => {
  let refused: Set<string>;
  const folder = mkdtempSync(join(tmpdir(), 'meanwhile-imports-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(() => {
    for (const file of ['CONTRIBUTING.md', 'oxlint.config.ts', 'docs/imports.ts']) {
      cpSync(file, join(folder, file));
    }
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    for (const [file, line] of CASES) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), `${line}\n`);
    }
    refused = filesRefusedIn(folder);
  });

  test.each(CASES)('checks %s with %s', (file, _line, accepted) => {
    expect(refused.has(file)).toBe(!accepted);
  });
});

/** Checks what a file imports or reads, and ignores its other faults. */
function filesRefusedIn(cwd: string): Set<string> {
  const rules = ['no-restricted-imports', 'no-process-env'];
  const { stdout } = spawnSync(
    'node_modules/.bin/oxlint',
    ['--format', 'json', ...CASES.map(([file]) => file)],
    { cwd, encoding: 'utf8' },
  );
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: string; filename: string }[];
  };
  return new Set(
    diagnostics
      .filter(({ code }) => rules.some((rule) => code.includes(rule)))
      .map(({ filename }) => filename),
  );
}

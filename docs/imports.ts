/** Turns the table of folders in CONTRIBUTING.md into rules of the linter. Only the table says what a folder may import. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { relative } from 'node:path/posix';
import type { OxlintConfig } from 'oxlint';

export interface ImportRow {
  /** A folder, or a file at the top. */
  path: string;
  /** Folders and files besides itself; a folder includes its subfolders. */
  mayImport: string[];
  /** The same, for types only. */
  mayImportTypesOf: string[];
}

interface Pattern {
  group: string[];
  message: string;
  allowTypeImports?: boolean;
}

export function importTable(): ImportRow[] {
  const text = readFileSync(join(import.meta.dirname, '../CONTRIBUTING.md'), 'utf8');
  const table = text.slice(text.indexOf('<!-- imports -->'), text.indexOf('<!-- /imports -->'));
  return [...table.matchAll(/^\| `([\w./-]+?)\/?` \| [^|]+ \| ([^|]+) \|$/gm)].map(
    ([, path = '', list = '']) => {
      const imports = list === 'nothing' ? [] : list.split(', ');
      return {
        path,
        mayImport: imports.filter((name) => !name.endsWith(TYPES)),
        mayImportTypesOf: imports
          .filter((name) => name.endsWith(TYPES))
          .map((name) => name.slice(0, -TYPES.length)),
      };
    },
  );
}

/** The linter applies the last override that matches, so a file at the top, whose name matches in any folder, comes first and a subfolder last. */
export const importOverrides = () =>
  importTable()
    .toSorted((a, b) => depth(a) - depth(b))
    .flatMap((row) => {
      if (row.path.endsWith('.ts')) return [override(row, row.path, './', '')];
      // The linter compares the text of an import, which depends on how deep the importing file is.
      return [0, 1, 2, 3].map((below) =>
        override(
          row,
          `${row.path}/${'*/'.repeat(below)}*.{ts,tsx}`,
          '../'.repeat(below + 1),
          row.path + '/_'.repeat(below),
        ),
      );
    });

const TYPES = ' (types)';

/** Code that runs in workflows is replayed, and the rules do not know what runs them. */
const FORBIDDEN_PACKAGES: Record<string, string[]> = {
  contract: ['node:*', 'fs', 'path', 'crypto'],
  conversation: ['node:*', 'fs', 'path', 'crypto', '@temporalio/*'],
  workflows: ['node:*', 'fs', 'path', 'crypto'],
};

type Override = NonNullable<OxlintConfig['overrides']>[number];

/** @param outside how an import that leaves `row.path` begins in these files, which are in `folder` */
function override(row: ImportRow, files: string, outside: string, folder: string): Override {
  const to = (name: string) => {
    const way = relative(folder, name);
    return `${way.startsWith('.') ? way : `./${way}`}${/\.\w+$/.test(name) ? '' : '/**'}`;
  };
  const { path, mayImport, mayImportTypesOf: types } = row;
  const list = [...mayImport, ...types.map((name) => name + TYPES)].join(', ') || 'nothing';
  const message = `${path} may import ${list} (CONTRIBUTING.md).`;
  const all = { group: [`${outside}**`, ...mayImport.map((name) => `!${to(name)}`)], message };
  const patterns: Pattern[] = [all];
  if (types.length > 0) {
    // The linter applies an exemption (`!`) of one pattern to the others too, so this pattern names every other folder.
    const open = [path, ...mayImport, ...types];
    const rest = importTable().filter((other) =>
      open.every((name) => other.path !== name && !other.path.startsWith(`${name}/`)),
    );
    patterns[0] = { ...all, allowTypeImports: true };
    patterns.push({ group: rest.map((other) => to(other.path)), message });
  }
  const packages = FORBIDDEN_PACKAGES[path];
  if (packages) {
    patterns.push({
      group: packages,
      message: `${path} runs in workflows, which are replayed: see docs/imports.ts.`,
    });
  }
  return {
    files: [files],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
}

const depth = ({ path }: ImportRow) => (path.endsWith('.ts') ? 0 : path.split('/').length);

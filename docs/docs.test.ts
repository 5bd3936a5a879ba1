/** Files, scripts and routes that the documents name exist. `npx vitest run --project pure docs -u` rewrites the tables. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settings } from '../config.ts';
import { allFixtures } from '../test/providers/fixtures.ts';
import packageFile from '../package.json' with { type: 'json' };
import openapi from './openapi.json' with { type: 'json' };

const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...globSync('docs/**/*.md')];
/** Paths in the reader's own folder, which the documents tell the reader to create. */
const OF_THE_READER = ['tools/count_down.ts', 'test/providers/recorded/', 'meanwhile/client'];
/** Names of the Model Context Protocol look like paths. */
const OF_MCP =
  /^(tasks|resources|subscriptions|notifications|elicitation|io\.modelcontextprotocol)\/|^tools\/(call|list)$/;
const read = (path: string) => readFileSync(path, 'utf8');

describe.each(documents)('%s', (path) => {
  const text = read(path);

  test('has no broken links', () => {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)) {
      expect(existsSync(join(dirname(path), target.split('#')[0]!)), target).toBe(true);
    }
  });

  test('names files and folders that exist', () => {
    for (const [, named = ''] of text.matchAll(/`([\w.-]+\/[\w.*/-]*)`/g)) {
      if (OF_THE_READER.includes(named) || OF_MCP.test(named)) continue;
      expect(globSync(named), named).not.toEqual([]);
    }
  });

  test('names scripts that exist', () => {
    for (const [, short, name = short!] of text.matchAll(/npm (?:(start|test)\b|run ([\w:-]+))/g)) {
      expect(packageFile.scripts).toHaveProperty([name]);
    }
  });

  test('names routes that exist', () => {
    for (const [, method = '', route = ''] of text.matchAll(/`(GET|POST) (\/[\w/:]+)`/g)) {
      const path = route.replaceAll(/:(\w+)/g, '{$1}');
      expect(openapi.paths, route).toHaveProperty([path, method.toLowerCase()]);
    }
  });

  test('names no path of a particular machine', () => {
    expect(text).not.toMatch(/\/(home|root|work|Users)\//);
  });
});

test('the routes that talk.md and tools.md call are in the contract', () => {
  const routes = Object.keys(openapi.paths).map((route) => route.replaceAll(/\{(\w+)\}/g, '$$$1'));
  for (const [, route = ''] of (read('docs/talk.md') + read('docs/tools.md')).matchAll(
    /\$base(\/[\w$/-]+)/g,
  )) {
    expect(routes).toContain(route);
  }
});

test('settings.md has every setting, with its default', async () => {
  const defaults: Record<string, string | number | boolean | undefined> = settings.parse({});
  const rows = Object.entries(settings.shape).map(([name, { description }]) => {
    const value = defaults[name];
    return `| \`${name}\` | ${value === undefined ? '' : `\`${value}\``} | ${description} |`;
  });
  const table = ['| setting | default | |', '|---|---|---|', ...rows].join('\n');
  await expect(between('docs/settings.md', 'settings', table)).toMatchFileSnapshot('settings.md');
});

test('the fixtures that models.md names exist', () => {
  const names = new Set(allFixtures().map(({ name }) => name));
  const [, tried = ''] = read('docs/models.md').split('## What "tried" means here');
  const tables = tried.split('\n').filter((line) => line.startsWith('|'));
  const named = tables.flatMap((line) => [...line.matchAll(/"([^"]+)"/g)].map(([, name]) => name!));
  expect(named.length).toBeGreaterThan(30);
  for (const name of named) expect(names).toContain(name);
});

test('every decision is listed', () => {
  const listed = read('docs/decisions/README.md');
  for (const path of globSync('docs/decisions/0*.md')) {
    expect(listed).toContain(`(${path.split('/').at(-1)})`);
  }
});

/** The document with the text between a pair of marks replaced. */
function between(path: string, mark: string, content: string): string {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const text = read(path);
  const head = text.slice(0, text.indexOf(begin) + begin.length);
  return `${head}\n${content}\n${text.slice(text.indexOf(end))}`;
}

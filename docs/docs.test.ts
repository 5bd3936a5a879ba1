/** What the documents say is there. `npx vitest run --project pure docs -u` writes the tables anew. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import lint from '../.oxlintrc.json' with { type: 'json' };
import { settings } from '../config.ts';
import { allFixtures } from '../test/providers/fixtures.ts';
import packageFile from '../package.json' with { type: 'json' };
import openapi from './openapi.json' with { type: 'json' };

const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...globSync('docs/**/*.md')];
/** In a folder of his own, as the README tells him. */
const OF_THE_READER = ['tools/count_down.ts', 'test/providers/recorded/'];
const read = (path: string) => readFileSync(path, 'utf8');

describe.each(documents)('%s', (path) => {
  const text = read(path);

  test('links to what exists', () => {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)) {
      expect(existsSync(join(dirname(path), target.split('#')[0]!)), target).toBe(true);
    }
  });

  test('names files and folders that exist', () => {
    for (const [, named = ''] of text.matchAll(/`([\w.-]+\/[\w.*/-]*)`/g)) {
      if (!OF_THE_READER.includes(named)) expect(globSync(named), named).not.toEqual([]);
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

  test('names no path of a machine', () => {
    expect(text).not.toMatch(/\/(home|root|work|Users)\//);
  });
});

test('the routes that the README calls are in the contract', () => {
  const routes = Object.keys(openapi.paths).map((route) => route.replaceAll(/\{(\w+)\}/g, '$$$1'));
  for (const [, route = ''] of read('README.md').matchAll(/\$base(\/[\w$/-]+)/g)) {
    expect(routes).toContain(route);
  }
});

test('the README has every setting, with its default', async () => {
  const defaults: Record<string, string | number | boolean | undefined> = settings.parse({});
  const rows = Object.entries(settings.shape).map(([name, { description }]) => {
    const value = defaults[name];
    return `| \`${name}\` | ${value === undefined ? '' : `\`${value}\``} | ${description} |`;
  });
  const table = ['| setting | default | |', '|---|---|---|', ...rows].join('\n');
  await expect(between('README.md', 'settings', table)).toMatchFileSnapshot('../README.md');
});

test('CONTRIBUTING has the import directions that the linter enforces', async () => {
  const rows = lint.overrides.flatMap(({ files, rules }) => {
    const rule = rules['no-restricted-imports'];
    if (!Array.isArray(rule)) return [];
    const [, { patterns }] = rule as [string, { patterns: { message: string }[] }];
    const folder = files[0]!.replace('/**/*.ts', '');
    const allowed = /may import ([\w, /]+):/.exec(patterns[0]!.message)?.[1];
    return [`| \`${folder}/\` | ${MEANING[folder]} | ${allowed} |`];
  });
  const table = ['| folder | what | may import |', '|---|---|---|', ...rows].join('\n');
  await expect(between('CONTRIBUTING.md', 'imports', table)).toMatchFileSnapshot(
    '../CONTRIBUTING.md',
  );
});

test('the fixtures that models.md names are there', () => {
  const names = new Set(allFixtures().map(({ name }) => name));
  const tables = read('docs/models.md')
    .split('\n')
    .filter((line) => line.startsWith('|'));
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

const MEANING: Record<string, string> = {
  contract: 'names and shapes that cross a process',
  conversation: 'the rules',
  workflows: 'the Temporal shell: conversation, call',
  store: 'the log',
  stream: 'bus, follow, server-sent events',
  remote: "what another team's service is trusted with: URLs, signatures, push tokens",
  agents: 'what an agent is; the built-in one',
  'cli/doctor': 'which settings fit a model server',
  'api/explain': 'why the agent spoke: the log put together by turns',
  tools: 'what a tool is; the built-in ones',
  model: 'what the model sees, and how it is asked',
  activities: 'effects',
  api: 'validates, signals, streams; decides nothing',
  worker: 'the composition root of the worker',
  'cli/demo': 'the demo model and the scenario',
  client: 'a small client of the HTTP contract',
  'test/chaos/check': 'the checker of a chaos run',
};

/** The document with what stands between a pair of marks replaced. */
function between(path: string, mark: string, content: string): string {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const text = read(path);
  const head = text.slice(0, text.indexOf(begin) + begin.length);
  return `${head}\n${content}\n${text.slice(text.indexOf(end))}`;
}

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCatalogue } from './load.ts';

/** A team's folder lies outside the repository and has no node_modules. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'extensions-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string>) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Loads in a separate process: a test runner resolves modules in its own way, and Node's resolution is what counts. */
async function loadInNode(script = 'tools: [...tools.keys()], agents: [...agents.keys()]') {
  const load = `
    const { loadCatalogue } = await import(process.argv[1]);
    try {
      const { tools, agents } = await loadCatalogue(process.argv[2], { home: '/home/of/tools' });
      console.log(JSON.stringify({ ${script} }));
    } catch (error) {
      console.log(JSON.stringify({ error: error.name, message: error.message }));
    }`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', load, '--', join(repository, 'tools/load.ts'), folder],
    { cwd: tmpdir() },
  );
  return { ...JSON.parse(stdout), stderr };
}

const tool = (name: string, more = '') => `
  import { defineTool, z } from 'meanwhile';
  export default defineTool({
    name: '${name}', description: 'A tool.', input: z.object({}), run: async () => 1, ${more}
  });`;
const agent = (name: string, more = '') => `
  import { defineAgent } from 'meanwhile';
  export default defineAgent({ name: '${name}', instructions: 'Help.', ${more} });`;

test('without extensions only the built-in tools and the default agent are loaded', async () => {
  const { tools, agents } = await loadCatalogue();
  expect([...tools.keys()]).toEqual(['clock', 'read_result']);
  expect([...agents.keys()]).toEqual(['default']);
});

test('the tools of the demo are loaded on request', async () => {
  const { tools } = await loadCatalogue(undefined, { demoTools: true });
  expect([...tools.keys()]).toContain('run_installer');
});

describe("a team's folder", () => {
  test('adds its tools and agents, without a package or a warning', async () => {
    await write({
      'tools/one.ts': tool('one'),
      'tools/two.js': tool('two'),
      'tools/three.mjs': tool('three'),
      'tools/one.test.ts': 'throw new Error("a test is no tool")',
      'tools/types.d.ts': 'export interface Unused {}',
      'tools/notes.md': 'No tool either.',
      'agents/mine.ts': agent('mine', "tools: ['one', 'clock'], limits: { quiet_ms: 0 }"),
    });
    expect(await loadInNode()).toEqual({
      tools: ['clock', 'read_result', 'one', 'three', 'two'],
      agents: ['default', 'mine'],
      stderr: '',
    });
  });

  test('may split a tool over several files and read the settings', async () => {
    await write({
      'lib/shared.ts': `import { z } from 'meanwhile'; export const input = z.object({ a: z.string() });`,
      'tools/one.ts': `
        import { defineCommandTool, literal } from 'meanwhile';
        import type { ToolSettings } from 'meanwhile';
        import { input } from '../lib/shared.ts';
        export default ({ home }: ToolSettings) =>
          defineCommandTool({ name: 'one', description: home, input, command: [literal(home), '{a}'] });`,
    });
    expect(await loadInNode('home: tools.get("one").description')).toMatchObject({
      home: '/home/of/tools',
    });
  });

  test('may replace the default agent', async () => {
    await write({ 'agents/default.ts': agent('default', "model: 'theirs'") });
    expect(await loadInNode('model: agents.get("default").model')).toMatchObject({
      model: 'theirs',
    });
  });

  test('like the one in docs/examples/ loads from any path', async () => {
    await cp(join(repository, 'docs/examples/extensions'), folder, { recursive: true });
    expect(await loadInNode()).toMatchObject({
      tools: ['clock', 'read_result', 'send_payment', 'word_count'],
      agents: ['default', 'helper'],
      stderr: '',
    });
  });
});

describe('an error names the file, what is wrong and what is allowed:', () => {
  test.each([
    [
      'no such folder',
      {},
      /extensions-\w+: has neither a folder tools\/ nor a folder agents\/, nor a file mcp\.json\.$/,
    ],
    [
      'no default export',
      { 'tools/a.ts': 'export const a = 1;' },
      /a\.ts: has no default export; write/,
    ],
    ['a mistake in the code', { 'tools/a.ts': 'export default {;' }, /a\.ts: cannot be loaded: /],
    [
      'an error in the code',
      { 'tools/a.ts': 'throw new Error("no key");' },
      /a\.ts: cannot be loaded: no key$/,
    ],
    [
      'a package that is not there',
      { 'tools/a.ts': "import 'left-pad'; export default 1;" },
      /a\.ts: cannot be loaded: Cannot find package 'left-pad'/,
    ],
    [
      'a name twice',
      { 'tools/a.ts': tool('same'), 'tools/b.ts': tool('same') },
      /b\.ts: name: "same" is taken by .*a\.ts; choose another\.$/,
    ],
    [
      "a built-in tool's name",
      { 'tools/a.ts': tool('clock') },
      /a\.ts: name: "clock" is taken by .*builtin\/clock\.ts; choose another\.$/,
    ],
    [
      'the name of the tool that reads large results',
      { 'tools/a.ts': tool('read_result') },
      /a\.ts: name: "read_result" is taken by .*builtin\/read-result\.ts; choose another\.$/,
    ],
    [
      'two agents of one name',
      { 'agents/a.ts': agent('same'), 'agents/b.ts': agent('same') },
      /b\.ts: name: "same" is taken by .*a\.ts/,
    ],
    [
      'an unknown tool of an agent',
      { 'agents/a.ts': agent('a', "tools: ['clok']") },
      /a\.ts: tools: there is no tool "clok"; there are clock, read_result\.$/,
    ],
    [
      'a command that cannot work',
      {
        'tools/a.ts': `
          import { defineCommandTool, z } from 'meanwhile';
          export default defineCommandTool({
            name: 'a', description: 'A.', input: z.object({ a: z.string() }), command: ['{a}'],
          });`,
      },
      /a\.ts: cannot be loaded: The program must be a fixed text/,
    ],
  ])('%s', async (_, files, message) => {
    await write(files);
    expect(await loadInNode()).toMatchObject({
      error: 'CatalogueError',
      message: expect.stringMatching(message),
    });
  });

  test('all errors at once', async () => {
    await write({ 'tools/a.ts': tool('9'), 'tools/b.ts': tool('b', 'timeout_ms: 0') });
    const { message } = await loadInNode();
    expect(message.split('\n')).toEqual([
      expect.stringMatching(/a\.ts: name: must be a letter/),
      expect.stringMatching(/b\.ts: timeout_ms: /),
    ]);
  });
});

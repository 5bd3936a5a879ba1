/** The package as its users get it: packed, installed into an empty project, and used as the documents say. */
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import getPort from 'get-port';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Meanwhile } from '../../client/index.ts';
import { createNamespace } from '../kit/namespace.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const bin = (name: string) => join(REPOSITORY, 'node_modules/.bin', name);

let folder: string;
let project: string;
let tarball: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-package-'));
  const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: REPOSITORY,
    stripFinalNewline: true,
  });
  const packed = JSON.parse(stdout.slice(stdout.lastIndexOf('\n[') + 1)) as { filename: string }[];
  tarball = join(folder, packed[0]!.filename);
  project = join(folder, 'project');
  await mkdir(join(project, 'src'), { recursive: true });
  await mkdir(join(project, 'team/tools'), { recursive: true });
  await writeFile(join(project, 'package.json'), '{ "type": "module", "private": true }');
  const options = ['--prefer-offline', '--no-audit', '--no-fund'];
  await execa('npm', ['install', ...options, tarball, '@types/node@24'], { cwd: project });
  await cp(join(import.meta.dirname, 'package'), join(project, 'src'), { recursive: true });
  const tools = await readFile(join(REPOSITORY, 'docs/tools.md'), 'utf8');
  await writeFile(join(project, 'team/tools/count_down.ts'), blockWith(tools, 'defineTool('));
  const readme = await readFile(join(REPOSITORY, 'README.md'), 'utf8');
  await writeFile(join(project, 'src/readme.ts'), blockWith(readme, 'new Meanwhile('));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('its exports fit every way to import it', async () => {
  await execa(bin('publint'), ['--strict', tarball]);
  await execa(bin('attw'), ['--profile', 'esm-only', tarball]);
});

test('a page, and a folder of tools, are checked against its types without a build', async () => {
  const strict = {
    ...{ target: 'es2024', strict: true, noEmit: true, skipLibCheck: false },
    exactOptionalPropertyTypes: true,
  };
  await check('page', ['src/page.ts'], {
    ...{ ...strict, lib: ['es2024', 'dom', 'dom.iterable'], types: [] },
    ...{ module: 'esnext', moduleResolution: 'bundler' },
  });
  await check('team', ['src/tool.ts', 'src/readme.ts', 'team'], {
    ...{ ...strict, lib: ['es2024'], types: ['node'], module: 'nodenext' },
  });
});

test('a browser can load the client', async () => {
  const { metafile, outputFiles } = await build({
    ...{ entryPoints: [join(project, 'src/page.ts')], bundle: true, write: false, minify: true },
    // A module of Node would be an error.
    ...{ format: 'esm', platform: 'browser', metafile: true },
  });
  const packages = Object.keys(metafile.inputs).map(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1],
  );
  expect(new Set(packages)).toEqual(new Set([undefined, 'meanwhile', 'eventsource-parser']));
  expect(outputFiles[0]!.contents.length).toBeLessThan(30_000);
});

test('the service starts from it, with the tools of the folder, and the example of the client talks to it', async () => {
  const PORT = String(await getPort());
  const address = inject('temporalAddress');
  const running = execa('npx', ['meanwhile', 'start'], {
    cwd: project,
    env: {
      ...{ PORT, MEANWHILE_HOME: join(folder, 'home'), MEANWHILE_EXTENSIONS: 'team' },
      ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: await createNamespace(address) },
    },
    all: true,
    reject: false,
  });
  let said = '';
  running.all.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    while (!said.includes('Meanwhile is ready.')) {
      const next = await Promise.race([once(running.all, 'data'), running]);
      if (!Array.isArray(next)) throw new Error(`The service ended:\n${said}`);
    }
    const m = new Meanwhile({ baseURL: `http://127.0.0.1:${PORT}` });
    const { tools } = await m.get('/v1/tools');
    const names = tools.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['count_down', 'run_installer']));

    // The page is in the package: it was not built here.
    const page = await fetch(`http://127.0.0.1:${PORT}/`).then((response) => response.text());
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(page)![1]!;
    expect((await fetch(`http://127.0.0.1:${PORT}/${script}`)).status).toBe(200);

    const docs = await readFile(join(REPOSITORY, 'docs/client.md'), 'utf8');
    const example = blockWith(docs, 'conversations.create').replace(':3000', `:${PORT}`);
    await writeFile(join(project, 'src/example.ts'), example);
    const talking = execa(process.execPath, ['src/example.ts'], { cwd: project });
    let heard = '';
    for await (const line of talking) {
      heard += `${line}\n`;
      if (!heard.includes('beta is installed.') || heard.includes('closing')) continue;
      heard += 'closing\n';
      for await (const { id } of m.conversations.list()) await m.conversations.open(id).close();
    }
    expect((await talking).exitCode).toBe(0);
    expect(heard).toMatch(/run_installer: \d+(\.\d+)? %/);
    const { stdout } = await execa('npx', ['meanwhile', '--version'], { cwd: project });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
  } finally {
    running.kill('SIGTERM');
    await running;
  }
  await expect
    .poll(() => fetch(`http://127.0.0.1:${PORT}/readyz`).catch(() => 'away'), { timeout: 20_000 })
    .toBe('away');
}, 180_000);

async function check(name: string, include: string[], compilerOptions: object): Promise<void> {
  const path = join(project, `tsconfig.${name}.json`);
  await writeFile(path, JSON.stringify({ include, compilerOptions }));
  const { all, exitCode } = await execa(bin('tsc'), ['--project', path], {
    ...{ cwd: project, all: true, reject: false },
  });
  expect(all).toBe('');
  expect(exitCode).toBe(0);
}

/** The block of code that has these words, without its indentation. */
function blockWith(document: string, words: string): string {
  const blocks = [...document.matchAll(/^( *)```\w*\n(.*?)^\1```$/gms)];
  const [, indent = '', code = ''] = blocks.find(([text]) => text.includes(words)) ?? [];
  if (code === '') throw new Error(`There is no block with ${words}.`);
  return code.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}

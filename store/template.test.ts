import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { copyTemplate } from './template.ts';

let root: string;
let template: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'meanwhile-template-'));
  template = join(root, 'template');
  await mkdir(join(template, 'base'), { recursive: true });
  await writeFile(join(template, 'base', 'file'), 'from the template');
  onTestFinished(() => rm(root, { recursive: true, force: true }));
});

const contentOf = (folder: string) => readFile(join(folder, 'base', 'file'), 'utf8');

test('a new store begins as a copy of the template, in a folder whose parents are created', async () => {
  const folder = join(root, 'home', 'store');
  await copyTemplate(folder, template);
  expect(await contentOf(folder)).toBe('from the template');
  expect(await readdir(join(root, 'home'))).toEqual(['store']);
});

test('an existing store is left alone', async () => {
  const folder = join(root, 'store');
  await mkdir(folder);
  await copyTemplate(folder, template);
  expect(await readdir(folder)).toEqual([]);
});

test('the remains of an interrupted copy are removed', async () => {
  const folder = join(root, 'store');
  await mkdir(join(`${folder}.new`, 'half'), { recursive: true });
  await copyTemplate(folder, template);
  expect(await readdir(folder)).toEqual(['base']);
});

test('nothing is created without a template', async () => {
  await copyTemplate(join(root, 'store'), join(root, 'nowhere'));
  expect(await readdir(root)).toEqual(['template']);
});

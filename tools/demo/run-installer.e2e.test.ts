import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callContext } from '../../test/kit/call-context.ts';
import type { CallYield } from '../define.ts';
import createInstaller from './run-installer.ts';

let home: string;
beforeEach(async () => {
  // With characters that a template or a shell could misread.
  home = await mkdtemp(join(tmpdir(), 'home {package} $(x) '));
});
afterEach(() => rm(home, { recursive: true }));

type Progress = Extract<CallYield, { type: 'progress' }>;

function install(name: string, signal = new AbortController().signal) {
  return createInstaller({ home }).run(
    { package: name },
    callContext({ signal }),
  ) as AsyncGenerator<Progress, unknown, void>;
}

async function finish(running: ReturnType<typeof install>) {
  const steps: Progress[] = [];
  for (;;) {
    const next = await running.next();
    if (next.done) return { steps, result: next.value };
    steps.push(next.value);
  }
}

const manifest = async () =>
  JSON.parse(await readFile(join(home, 'packages/gamma/manifest.json'), 'utf8'));
const files = () => readdir(join(home, 'packages/gamma'), { recursive: true });

test('a stopped installation leaves no manifest and no partial files, and the next one completes it', async () => {
  const cancel = new AbortController();
  const stopped = install('gamma', cancel.signal);
  for (let i = 0; i < 3; i += 1) await stopped.next();
  cancel.abort(new Error('cancelled'));
  await expect(finish(stopped)).rejects.toThrow('cancelled');
  const left = await files();
  expect(left).toContain('lib/file-3.js.gz');
  expect(left.filter((name) => name !== 'lib' && !/^lib\/file-\d+\.js\.gz$/.test(name))).toEqual(
    [],
  );

  const { steps, result } = await finish(install('gamma'));
  expect(result).toEqual({
    installed: 'gamma',
    summary: expect.stringMatching(/^installed gamma: 12 files, \d+ bytes$/),
  });
  expect(steps).toHaveLength(12);
  expect(steps.at(0)).toMatchObject({
    type: 'progress',
    percent: 8,
    note: 'lib/file-1.js (1 of 12) sha256 ok',
  });
  expect(steps.at(-1)).toMatchObject({ percent: 100 });
  const first = await manifest();
  expect(first.files).toHaveLength(12);

  await finish(install('gamma'));
  expect(await manifest()).toEqual(first);
});

test('an unknown package is a failure that lists the known ones', async () => {
  await expect(finish(install('delta'))).rejects.toThrow(
    /exited with code 1\..*\nno such package: delta\. There are alpha, beta, gamma\./,
  );
});

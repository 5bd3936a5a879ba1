/** `npm start` as a process supervisor runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createNamespace } from '../test/kit/namespace.ts';

test('SIGTERM to npm stops the service in order', async () => {
  const home = await mkdtemp(join(tmpdir(), 'meanwhile-npm-'));
  const address = inject('temporalAddress');
  const npm = spawn('npm', ['start'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: {
      ...process.env,
      MEANWHILE_HOME: home,
      PORT: '0',
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: await createNamespace(address),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void npm.kill());
  let output = '';
  npm.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await expect.poll(() => output, { timeout: 50_000 }).toContain('Meanwhile is ready.');
  expect(await readdir(home)).toContain('service.json');
  npm.kill('SIGTERM');
  // Its output ends when the last process that holds it has ended: npm, the shell and the service.
  await once(npm, 'close');
  expect(output).toContain('Stopping …');
  expect(await readdir(home)).not.toContain('service.json');
  await rm(home, { recursive: true });
});

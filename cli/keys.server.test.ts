/** `meanwhile keys` as an operator runs it, while the service runs and while it does not. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { startTestService, type TestService } from '../test/kit/service.ts';

const run = promisify(execFile);
const COMMAND = fileURLToPath(new URL('meanwhile.js', import.meta.url));
let home: string;
let service: TestService | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'meanwhile-keys-'));
});
afterEach(async () => {
  await service?.remove();
  service = undefined;
  await rm(home, { recursive: true, force: true });
});

async function keys(of: string, ...args: string[]) {
  const env = { ...process.env, MEANWHILE_HOME: of };
  const { stdout, stderr } = await run(process.execPath, [COMMAND, 'keys', ...args], {
    cwd: home,
    env,
  });
  return { stdout: stdout.trim(), stderr };
}

test('the first key closes the service, and each command takes effect on the running one', async () => {
  service = await startTestService({ temporal: inject('temporalAddress') });
  const ask = async (key?: string) => {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    return (await fetch(`${service!.url}/v1/conversations`, { headers })).status;
  };
  expect(await ask()).toBe(200);

  const { stdout: key, stderr } = await keys(service.home, 'create', '--name', 'web');
  expect(key).toMatch(/^mw_live_[0-9A-Za-z]{38}$/);
  const [id = ''] = /key_\w+/.exec(stderr)!;
  expect(await ask()).toBe(401);
  expect(await ask(key)).toBe(200);

  await service.stop();
  // No process holds the store now.
  const listed = await keys(service.home, 'list');
  expect(listed.stdout).toContain(id);
  expect(listed.stdout).not.toContain(key);
  const { stdout: fresh } = await keys(service.home, 'rotate', id, '--overlap', '1h');
  await service.start();
  for (const each of [key, fresh]) expect(await ask(each)).toBe(200);

  await keys(service.home, 'revoke', id);
  expect(await ask(key)).toBe(401);
  expect(await ask(fresh)).toBe(200);
});

test('keys can be managed after the service was killed, although the file with its URL is left', async () => {
  await writeFile(join(home, 'service.json'), '{"pid":1,"url":"http://127.0.0.1:1"}');
  expect((await keys(home, 'list')).stdout).toBe('There are no keys.');
});

test('a service without keys refuses to listen beyond this machine, and says what to do', async () => {
  const starting = run(process.execPath, [COMMAND, 'start'], {
    cwd: home,
    env: {
      ...process.env,
      MEANWHILE_HOME: home,
      HOST: '0.0.0.0',
      PORT: '0',
      TEMPORAL_ADDRESS: inject('temporalAddress'),
    },
  });
  await expect(starting).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /The service has no keys, and at 0\.0\.0\.0 anyone who reaches it could[^]*meanwhile keys create/,
    ) as string,
  });
  const { stdout } = await keys(home, 'create', '--name', 'web');
  expect(stdout).toMatch(/^mw_live_/);
});

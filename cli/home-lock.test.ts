import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HomeInUse, lockHome } from './home-lock.ts';

let home: string;
beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'meanwhile-lock-'))));
afterEach(() => rm(home, { recursive: true, force: true }));

test('a second service on the same home is refused with the pid and the URL of the first', () => {
  const lock = lockHome(home);
  expect(() => lockHome(home)).toThrow(HomeInUse);
  expect(() => lockHome(home)).toThrow(
    `Already running as pid ${process.pid}, with its data in ${home}.`,
  );
  lock.announce('http://127.0.0.1:3000');
  expect(() => lockHome(home)).toThrow(
    `Already running as pid ${process.pid} on http://127.0.0.1:3000, with its data in ${home}. Stop it first, or set MEANWHILE_HOME and PORT`,
  );
  lock.release();
});

test('a released home can be locked again', async () => {
  lockHome(home).release();
  expect(await readdir(home)).toEqual(['service.lock']);
  lockHome(home).release();
});

test('the lock of another process holds until it is killed, and no longer', async () => {
  const holder = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { lockHome } = await import(${JSON.stringify(new URL('home-lock.ts', import.meta.url))});
       lockHome(${JSON.stringify(home)}).announce('http://there');
       console.log('locked');
       setInterval(() => {}, 1_000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const gone = once(holder, 'exit');
  await once(holder.stdout, 'data');
  const attempt = () => lockHome(home);
  try {
    expect(attempt).toThrow(`Already running as pid ${holder.pid} on http://there`);
  } finally {
    holder.kill('SIGKILL');
  }
  await gone;
  attempt().release();
});

/**
 * A file by which programs of the same user find a running service and prove that they are that user's, since only the user can read it.
 * It has the secret that a caller needs to declare a server: the service then runs that server's program.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export interface RunFacts {
  url: string;
  token: string;
}

export const newToken = () => randomBytes(32).toString('base64url');

/** Writes the file. @returns a function that removes it; undefined if another user owns a folder of that name */
export function announceRun(facts: RunFacts): (() => void) | undefined {
  const folder = runFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOwn(folder)) return undefined;
  chmodSync(folder, 0o700);
  const file = fileOf(folder, facts.url);
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(facts), { mode: 0o600, flag: 'wx' });
  return () => rmSync(file, { force: true });
}

/** Undefined if no service of this user runs at this address, on this machine. */
export function findRun(url: string): RunFacts | undefined {
  const folder = runFolder();
  try {
    if (!isOwn(folder)) return undefined;
    return JSON.parse(readFileSync(fileOf(folder, url), 'utf8')) as RunFacts;
  } catch {
    return undefined;
  }
}

const runFolder = () => join(tmpdir(), `meanwhile-${userInfo().username}`);

const fileOf = (folder: string, url: string) => {
  const { port, protocol } = new URL(url);
  return join(folder, `${port || (protocol === 'https:' ? 443 : 80)}.json`);
};

function isOwn(folder: string): boolean {
  const { uid } = userInfo();
  const found = lstatSync(folder);
  // On Windows there is no uid, and the folder for temporary files is the user's own.
  return found.isDirectory() && (uid < 0 || found.uid === uid);
}

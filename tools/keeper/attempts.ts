/** The folders in which the attempts of a call keep their programs. An attempt that continues with a program shares its folder. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stopKept } from './attach.ts';

/** Stops the programs of earlier attempts, and makes a folder for the next one. */
export async function freshFolder(folder: string): Promise<string> {
  const before = await attemptsIn(folder);
  for (const attempt of before) await stopKept(attempt);
  const fresh = join(folder, `attempt-${before.length + 1}`);
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  return fresh;
}

export async function stopAllKept(folder: string): Promise<void> {
  await Promise.all([folder, ...(await attemptsIn(folder))].map(stopKept));
}

export async function attemptsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /^attempt-\d+$/.test(name)).map((name) => join(folder, name));
}

/** Where each attempt of a call keeps its program. An attempt that finds the program again shares its predecessor's folder. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stopKept } from './attach.ts';

/** For a program that is started again: the programs of earlier attempts are stopped first. */
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

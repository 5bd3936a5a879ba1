import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Settings } from '../../config.ts';

/**
 * The secret that signs push URLs and access tokens. If the API and the worker are separate processes, both need the same setting or
 * folder.
 */
export async function serviceSecretOf({
  MEANWHILE_SECRET,
  MEANWHILE_HOME,
}: Pick<Settings, 'MEANWHILE_SECRET' | 'MEANWHILE_HOME'>): Promise<string> {
  if (MEANWHILE_SECRET !== undefined) return MEANWHILE_SECRET;
  const home = resolve(MEANWHILE_HOME);
  await mkdir(home, { recursive: true });
  return keepSecret(home);
}

/**
 * The secret of this folder, created at the first start and readable only by its owner.
 * @param home an existing folder
 */
export async function keepSecret(home: string): Promise<string> {
  const path = join(home, 'secret');
  return (await read(path)) ?? make(path);
}

/** Characters. */
export const SHORTEST_SECRET = 32;

/** Creates the file atomically: processes that start at once agree on the secret of the first. */
async function make(path: string): Promise<string> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  try {
    await link(draft, path).catch(unlessCode('EEXIST'));
  } finally {
    await rm(draft);
  }
  return (await read(path))!;
}

/** Undefined if there is none yet. */
async function read(path: string): Promise<string | undefined> {
  const found = await readFile(path, 'utf8').catch(unlessCode('ENOENT'));
  const secret = found?.trim();
  if (secret !== undefined && secret.length < SHORTEST_SECRET) {
    throw new Error(
      `${path} does not hold a valid secret. Delete it, and the service makes a new one.`,
    );
  }
  return secret;
}

const unlessCode = (code: string) => (error: NodeJS.ErrnoException) => {
  if (error.code !== code) throw error;
  return undefined;
};

/** `temporal.json`: what the next start needs to find a home's server if this process is killed. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Versions before this one wrote the boot and the beginning of the process as one text. */
const withoutStarted = (given: unknown) => {
  if (typeof given !== 'object' || given === null || !('started' in given)) return given;
  const { started, ...rest } = given;
  const [boot, began] = String(started).includes('/') ? String(started).split('/') : ['', started];
  return { ...rest, boot, began };
};

const facts = z.object({
  pid: z.int().positive(),
  began: z.string(),
  boot: z.string(),
  port: z.int(),
  uiPort: z.int(),
  database: z.string(),
});

const record = z.preprocess(withoutStarted, facts);

/** Its identity is that of a process, so that a later one with the same pid is not taken for the server. */
export type ServerRecord = z.infer<typeof facts>;

const path = (home: string) => join(home, 'temporal.json');

/** Undefined if there is none, or if it cannot be read. */
export async function readRecord(home: string): Promise<ServerRecord | undefined> {
  try {
    return record.parse(JSON.parse(await readFile(path(home), 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeRecord(home: string, server: ServerRecord): Promise<void> {
  await writeFile(`${path(home)}.new`, JSON.stringify(server, undefined, 2));
  await rename(`${path(home)}.new`, path(home));
}

export async function removeRecord(home: string): Promise<void> {
  await rm(path(home), { force: true });
}

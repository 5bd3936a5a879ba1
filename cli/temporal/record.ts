/** What we know of the server of a home after our own death: `temporal.json`. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const record = z.object({
  pid: z.int().positive(),
  /** As processes.ts tells it: a later process with the same pid is not taken for the server. */
  started: z.string(),
  port: z.int(),
  uiPort: z.int(),
  database: z.string(),
});

export type ServerRecord = z.infer<typeof record>;

const path = (home: string) => join(home, 'temporal.json');

/** Undefined where there is none, or none that can be read: then nothing is known. */
export async function readRecord(home: string): Promise<ServerRecord | undefined> {
  try {
    return record.parse(JSON.parse(await readFile(path(home), 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeRecord(home: string, facts: ServerRecord): Promise<void> {
  await writeFile(`${path(home)}.new`, JSON.stringify(facts, undefined, 2));
  await rename(`${path(home)}.new`, path(home));
}

export async function removeRecord(home: string): Promise<void> {
  await rm(path(home), { force: true });
}

/** What remains known about a home's server after our process has died: `temporal.json`. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const record = z.object({
  pid: z.int().positive(),
  /** The start time from processes.ts, so that a later process with the same pid is not taken for the server. */
  started: z.string(),
  port: z.int(),
  uiPort: z.int(),
  database: z.string(),
});

export type ServerRecord = z.infer<typeof record>;

const path = (home: string) => join(home, 'temporal.json');

/** Undefined when there is none, or when it cannot be read. */
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

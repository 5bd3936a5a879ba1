/** The files of one kept program. Each is written atomically. */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessIdentity } from '../process-identity.ts';

export interface SpoolFiles {
  'command.json': {
    /** Names the tool and the call, for people. */
    label: string;
    argv: readonly [string, ...string[]];
    /** Time between SIGTERM and SIGKILL. Milliseconds. */
    grace_ms: number;
    /** How much output is kept, in bytes. */
    max_bytes: number;
  };
  /** The process that may start the program; `given_up` when no process may. */
  'keeper.json': ProcessIdentity | { given_up: true };
  'program.json': ProcessIdentity;
  /** Written before the program is stopped because its keeper was killed, and not because its call is over. */
  'orphaned.json': object;
  /** `bytes`: total bytes of output. */
  'exit.json': ProgramExit & { bytes: number };
}

export type ProgramExit =
  | { type: 'exited'; code: number }
  | { type: 'killed'; signal: string }
  | { type: 'failed'; error: 'NotStarted' | 'DiskFull'; message: string };

/** The environment variable that marks the keeper and all its descendants, so that they can be found. */
export const spoolMark = (folder: string) => ({ MEANWHILE_SPOOL: folder });

/** Undefined when the file does not exist. */
export async function readSpool<Name extends keyof SpoolFiles>(
  folder: string,
  name: Name,
): Promise<SpoolFiles[Name] | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, name), 'utf8')) as SpoolFiles[Name];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function writeSpool<Name extends keyof SpoolFiles>(
  folder: string,
  name: Name,
  content: SpoolFiles[Name],
): Promise<void> {
  const draft = await writeDraft(folder, name, content);
  await rename(draft, join(folder, name));
}

/** False when another process was first, and the file is theirs. */
export async function claimSpool<Name extends keyof SpoolFiles>(
  folder: string,
  name: Name,
  content: SpoolFiles[Name],
): Promise<boolean> {
  const draft = await writeDraft(folder, name, content);
  try {
    await link(draft, join(folder, name));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

async function writeDraft(folder: string, name: string, content: unknown): Promise<string> {
  const draft = join(folder, `${name}.${randomUUID()}`);
  await writeFile(draft, JSON.stringify(content), { flush: true });
  return draft;
}

/** Writes files that exist completely or not at all. */
import { createHash } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

export interface WrittenFile {
  /** SHA-256 of the content, in hex. */
  sha256: string;
  /** Size of the content. */
  bytes: number;
}

/**
 * Compresses the content to `path` and reads it back.
 * @throws Error when what was read differs from what was written; what `content` throws, leaving no trace
 */
export async function writeCompressed(
  path: string,
  content: AsyncIterable<Buffer>,
): Promise<WrittenFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  await writeTemporary(path, async (write) => {
    for await (const piece of content) {
      hash.update(piece);
      bytes += piece.length;
      // The members of a gzip file follow each other, so pieces can be compressed one by one.
      await write(gzipSync(piece, { level: 9 }));
    }
  });
  const sha256 = hash.digest('hex');
  const read = await readCompressed(path);
  if (read === undefined || sha256 !== digest(read)) throw new Error(`${path}: sha256 mismatch`);
  return { sha256, bytes };
}

/** Undefined when the file is missing, damaged or has other content. */
export async function verify(
  path: string,
  content: AsyncIterable<Buffer>,
): Promise<WrittenFile | undefined> {
  const read = await readCompressed(path);
  if (read === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const piece of content) hash.update(piece);
  const sha256 = hash.digest('hex');
  return sha256 === digest(read) ? { sha256, bytes: read.length } : undefined;
}

export async function writeWhole(path: string, text: string): Promise<void> {
  await writeTemporary(path, (write) => write(Buffer.from(text)));
}

/** Removes the unfinished files of processes that were killed. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const writer = TEMPORARY.exec(name)?.groups?.pid;
    if (writer && !isProcessAlive(Number(writer))) await rm(join(folder, name), { force: true });
  }
}

/** The process id in the name separates the files of two installers. */
const temporary = (path: string) => `${path}.${process.pid}.tmp`;
const TEMPORARY = /\.(?<pid>\d+)\.tmp$/;

async function writeTemporary(
  path: string,
  fill: (write: (bytes: Buffer) => Promise<void>) => Promise<void>,
) {
  const file = await open(temporary(path), 'w');
  try {
    await fill((bytes) => file.writeFile(bytes));
    await file.sync();
    await file.close();
    await rename(temporary(path), path);
  } catch (error) {
    await file.close();
    await rm(temporary(path), { force: true });
    throw error;
  }
}

async function readCompressed(path: string): Promise<Buffer | undefined> {
  try {
    return gunzipSync(await readFile(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code?.startsWith('Z_')) return undefined;
    throw error;
  }
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

function isProcessAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

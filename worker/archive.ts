/** Files of conversations that have left the store: gzipped lines of JSON, one file each. */
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Due } from '../store/retention-store.ts';

/** `<tenant>/<day on which it was closed>/<id>.jsonl.gz`, relative to the archive. */
export const archiveFile = ({ tenant, id, closed_at }: Due): string =>
  [named(tenant), closed_at.slice(0, 10), `${named(id)}.jsonl.gz`].join('/');

/** Resolves when the file is on the disk. It is whole or absent; writing it again replaces it. */
export async function writeArchive(
  folder: string,
  file: string,
  lines: AsyncIterable<string>,
): Promise<void> {
  const path = join(folder, file);
  // Another worker may be writing the same one.
  const part = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await pipeline(Readable.from(lines), createGzip(), createWriteStream(part, { mode: 0o600 }));
    await sync(part);
    await rename(part, path);
    await sync(dirname(path));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A client chooses ids: none leads out of the folder, and none is hidden. */
const named = (name: string) => encodeURIComponent(name).replace(/^\./, '%2E');

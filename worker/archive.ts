/** Files of conversations that have left the store, one each: gzipped lines of JSON, encrypted if the service has keys. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { openFile, sealFile } from '../security/encryption/file.ts';
import type { Keyring } from '../security/encryption/keyring.ts';
import type { Due } from '../store/retention-store.ts';

/** `<tenant>/<day on which it was closed>/<id>.jsonl.gz`, relative to the archive; with `.sealed` after it if it is encrypted. */
export const archiveFile = ({ tenant, id, closed_at }: Due, isSealed: boolean): string =>
  [named(tenant), closed_at.slice(0, 10), `${named(id)}.jsonl.gz${isSealed ? '.sealed' : ''}`].join(
    '/',
  );

/** Resolves when the file is on the disk. The file is complete or absent; writing it again replaces it. */
export async function writeArchive(
  folder: string,
  file: string,
  lines: AsyncIterable<string>,
  keyring?: Keyring,
): Promise<void> {
  const path = join(folder, file);
  // Another worker may be writing the same one.
  const part = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const out = createWriteStream(part, { mode: 0o600 });
    if (keyring) {
      const seal = (gzipped: AsyncIterable<Buffer>) => sealFile(gzipped, keyring);
      await pipeline(Readable.from(lines), createGzip(), seal, out);
    } else {
      await pipeline(Readable.from(lines), createGzip(), out);
    }
    await sync(part);
    await rename(part, path);
    await sync(dirname(path));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/**
 * Writes the lines of a file, encrypted or not, to `out`.
 * @throws UnknownKey; Error if the file is damaged or is not from an archive
 */
export async function readArchive(
  path: string,
  keyring: Keyring | undefined,
  out: NodeJS.WritableStream,
): Promise<void> {
  const open = (bytes: AsyncIterable<Buffer>) => openFile(bytes, keyring);
  await pipeline(createReadStream(path), open, createGunzip(), out, { end: false });
}

async function sync(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Clients choose ids, so this escapes them: none leads out of the folder, and none is hidden. */
const named = (name: string) => encodeURIComponent(name).replace(/^\./, '%2E');

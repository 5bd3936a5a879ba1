/**
 * A program's output on disk, in files named by the offset of their first byte. Only the beginning and the end are kept, so the space is
 * bounded.
 */
import { closeSync, fstatSync, openSync, readdirSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface Segments {
  /** @throws the system's error, such as ENOSPC. Bytes written before it count. */
  append(bytes: Uint8Array): void;
  /** All bytes that were appended, including those no longer kept. */
  bytes(): number;
  /** Deletes a segment between the beginning and the end, to make room. */
  dropMiddle(): void;
  close(): void;
}

export function createSegments(
  folder: string,
  maxBytes: number,
  write: (file: number, bytes: Uint8Array) => number = writeSync,
): Segments {
  const each = Math.max(1, Math.floor(maxBytes / 16));
  const kept: number[] = [0];
  let file = open(0);
  let start = 0;
  let size = 0;

  function open(offset: number): number {
    return openSync(join(folder, segmentName(offset)), 'a');
  }

  function rotate() {
    closeSync(file);
    start += size;
    size = 0;
    file = open(start);
    kept.push(start);
    if (kept.length > MOST) dropMiddle();
  }

  function dropMiddle() {
    if (kept.length < 2) return;
    const [dropped] = kept.splice(Math.min(HEAD, kept.length - 2), 1);
    unlinkSync(join(folder, segmentName(dropped!)));
  }

  return {
    append(bytes) {
      let rest = bytes;
      while (rest.length > 0) {
        if (size >= each) rotate();
        try {
          const written = write(file, rest.subarray(0, each - size));
          size += written;
          rest = rest.subarray(written);
        } catch (error) {
          size = fstatSync(file).size;
          throw error;
        }
      }
    },
    bytes: () => start + size,
    dropMiddle,
    close: () => closeSync(file),
  };
}

const MOST = 16;
const HEAD = 8;

const segmentName = (offset: number) => `output.${String(offset).padStart(16, '0')}`;

/** Offsets of the segments that are kept, ascending. */
export function listSegments(folder: string): { offset: number; path: string }[] {
  return readdirSync(folder)
    .filter((name) => /^output\.\d{16}$/.test(name))
    .sort()
    .map((name) => ({ offset: Number(name.slice('output.'.length)), path: join(folder, name) }));
}

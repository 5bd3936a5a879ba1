/** Reads the lines of a spool while the keeper writes them. */
import { closeSync, openSync, readSync } from 'node:fs';
import { readableLine } from '../lines.ts';
import { listSegments } from './segments.ts';

export interface SpoolLine {
  text: string;
  /** Offset of the byte after the line. */
  offset: number;
}

export interface OutputReader {
  /** Returns the lines that are complete by now. */
  read(): Promise<SpoolLine[]>;
  /** Offset of the next byte. */
  position(): number;
}

export function createOutputReader(folder: string): OutputReader {
  let position = 0;
  let rest = Buffer.alloc(0);
  /** True within a line whose beginning was already returned, or is no longer kept. */
  let skips = false;

  function* split(bytes: Buffer): Generator<SpoolLine> {
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] !== 0x0a && bytes[at] !== 0x0d) continue;
      const line = Buffer.concat([rest, bytes.subarray(from, at)]);
      const text = skips ? '' : readableLine(line.toString('utf8'));
      rest = Buffer.alloc(0);
      skips = false;
      from = at + 1;
      if (text !== '') yield { text, offset: position + from };
    }
    rest = skips ? rest : Buffer.concat([rest, bytes.subarray(from)]);
    if (rest.length > LONGEST_LINE) {
      yield { text: readableLine(rest.toString('utf8')), offset: position + bytes.length };
      rest = Buffer.alloc(0);
      skips = true;
    }
    position += bytes.length;
  }

  return {
    position: () => position,
    async read() {
      const lines: SpoolLine[] = [];
      for (;;) {
        const segments = listSegments(folder);
        const segment = segments.findLast(({ offset }) => offset <= position);
        const next = segments.find(({ offset }) => offset > position);
        const bytes = segment && readFrom(segment.path, position - segment.offset);
        // The segment was dropped just now, so list the segments again.
        if (segment && !bytes) continue;
        if (bytes && bytes.length > 0) {
          lines.push(...split(bytes));
          if (bytes.length < MOST && !next) return lines;
        } else if (next) {
          // A segment was complete before the next began, so what is missing between them has been dropped.
          lines.push(jump(next.offset));
        } else {
          return lines;
        }
      }
    },
  };

  function jump(to: number): SpoolLine {
    const missing = to - position + rest.length;
    position = to;
    rest = Buffer.alloc(0);
    skips = true;
    return { text: `… ${missing} bytes left out …`, offset: to };
  }
}

/** In bytes: four for each character that is shown. */
const LONGEST_LINE = 64 * 1_024;

/** How many bytes are read at once. */
const MOST = 64 * 1_024;
const buffer = Buffer.allocUnsafe(MOST);

/**
 * Reads synchronously: recent output is in the page cache, so waiting for another thread would cost more than reading it.
 * @returns undefined when there is no such file
 */
function readFrom(path: string, from: number): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return Buffer.from(buffer.subarray(0, readSync(file, buffer, 0, MOST, from)));
  } finally {
    closeSync(file);
  }
}

/** What the installer can install, and what each package contains. */
import { createHash } from 'node:crypto';

/** The packages, and how many files each has. */
export const PACKAGES: ReadonlyMap<string, number> = new Map([
  ['alpha', 40],
  ['beta', 24],
  ['gamma', 12],
]);

export function filesOf(name: string): string[] {
  return Array.from({ length: PACKAGES.get(name) ?? 0 }, (_, i) => `lib/file-${i + 1}.js`);
}

/** The content of a file: the same every time. In pieces, so that its consumer can stop in between. */
export function* contentOf(name: string, path: string): Generator<Buffer> {
  for (let piece = 0; piece < PIECES; piece += 1) {
    yield generate(createHash('sha256').update(`${name}/${path}/${piece}`).digest().readUInt32LE());
  }
}

/** A file takes about 300 ms to arrive. */
const PIECES = 3;
const PIECE_BYTES = 4 * 1024;

function generate(seed: number): Buffer {
  const lines: string[] = [];
  let size = 0;
  let random = seed;
  while (size < PIECE_BYTES) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    const line = `const v${random % 977} = f${(random >>> 8) % 613}(${random >>> 16});\n`;
    lines.push(line);
    size += line.length;
  }
  return Buffer.from(lines.join(''));
}

/**
 * Encrypts the bytes of a file, in frames, so that a file of any size passes through. A frame says which file it belongs to, its number
 * and whether it is the last one: a file that was cut off, or put together from others, is an error.
 */
import { randomBytes } from 'node:crypto';
import { type Keyring, openSealed } from './keyring.ts';

/** The first bytes of an encrypted file. No gzipped file begins with them. */
const BEGIN = Buffer.from('meanwhile-sealed-1\n');
const FRAME_BYTES = 65_536;
const FILE_ID_BYTES = 16;
/** A frame's head: id of the file, number of the frame, and 1 if it is the last. */
const HEAD_BYTES = FILE_ID_BYTES + 5;
/** The longest frame that is read. Longer ones were not written by this code. */
const MOST_BYTES = 2 * FRAME_BYTES;

export async function* sealFile(
  bytes: AsyncIterable<Uint8Array>,
  keyring: Keyring,
): AsyncGenerator<Buffer> {
  const file = randomBytes(FILE_ID_BYTES);
  let number = 0;
  const frame = (plain: Uint8Array, isLast: boolean) => {
    const head = Buffer.alloc(HEAD_BYTES);
    file.copy(head);
    head.writeUInt32BE(number++, FILE_ID_BYTES);
    head.writeUInt8(isLast ? 1 : 0, HEAD_BYTES - 1);
    const { key, data } = keyring.seal(Buffer.concat([head, plain]));
    const name = Buffer.from(key);
    const lengths = Buffer.alloc(5);
    lengths.writeUInt8(name.byteLength);
    lengths.writeUInt32BE(data.byteLength, 1);
    return Buffer.concat([lengths, name, data]);
  };
  yield BEGIN;
  let rest = Buffer.alloc(0);
  for await (const chunk of bytes) {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.byteLength > FRAME_BYTES; rest = rest.subarray(FRAME_BYTES)) {
      yield frame(rest.subarray(0, FRAME_BYTES), false);
    }
  }
  yield frame(rest, true);
}

/**
 * Decrypts a file. One that was not encrypted is returned as it is.
 * @throws UnknownKey; Error if the file was altered or cut off
 */
export async function* openFile(
  bytes: AsyncIterable<Uint8Array>,
  keyring: Keyring | undefined,
): AsyncGenerator<Uint8Array> {
  const source = reader(bytes);
  const begin = await source.atMost(BEGIN.byteLength);
  if (!begin.equals(BEGIN)) {
    yield begin;
    yield* source.rest();
    return;
  }
  let file: Buffer | undefined;
  for (let number = 0, isLast = false; !isLast; number += 1) {
    const lengths = await source.exactly(5);
    const length = lengths.readUInt32BE(1);
    if (length > MOST_BYTES) throw damaged();
    const key = (await source.exactly(lengths.readUInt8())).toString();
    const data = await source.exactly(length);
    const plain = Buffer.from(openSealed({ key, data }, keyring));
    file ??= plain.subarray(0, FILE_ID_BYTES);
    const isNext = plain.readUInt32BE(FILE_ID_BYTES) === number;
    if (!isNext || !file.equals(plain.subarray(0, FILE_ID_BYTES))) throw damaged();
    isLast = plain.readUInt8(HEAD_BYTES - 1) === 1;
    yield plain.subarray(HEAD_BYTES);
  }
  if ((await source.atMost(1)).byteLength > 0) throw damaged();
}

const damaged = () => new Error('The file is damaged: it was cut off or altered.');

function reader(bytes: AsyncIterable<Uint8Array>) {
  const chunks = bytes[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  async function atMost(count: number): Promise<Buffer> {
    while (held.byteLength < count) {
      const { done, value } = await chunks.next();
      if (done) break;
      held = Buffer.concat([held, value]);
    }
    const taken = held.subarray(0, count);
    held = held.subarray(taken.byteLength);
    return taken;
  }
  return {
    atMost,
    async exactly(count: number): Promise<Buffer> {
      const taken = await atMost(count);
      if (taken.byteLength < count) throw damaged();
      return taken;
    },
    async *rest(): AsyncGenerator<Uint8Array> {
      if (held.byteLength > 0) yield held;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
    },
  };
}

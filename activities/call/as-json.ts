import { TOO_DEEP, whyRefused } from '../../contract/json-value.ts';
import { storable } from '../../contract/storable.ts';
import { CallFailed } from './call-failed.ts';
import { inWords } from './thrown.ts';

/**
 * The value as readers will get it: what a tool returns goes through Temporal and the store as JSON. Characters that the store
 * refuses (NUL, half of a surrogate pair) become U+FFFD; undefined becomes null.
 * @param what the name of the value in the failure, such as "Its result"
 * @throws CallFailed `InvalidResult` for what JSON would lose and for what is nested too deeply, `ResultTooLarge` above
 * `maxBytes`
 */
export function asJson(value: unknown, maxBytes: number, what: string): unknown {
  const json = stringify(value, what);
  const bytes = Buffer.byteLength(json);
  if (bytes > maxBytes) {
    throw new CallFailed(
      'ResultTooLarge',
      `${what} has ${bytes} bytes; at most ${maxBytes} are allowed.`,
    );
  }
  const read: unknown = JSON.parse(json);
  const reason = whyRefused(read);
  if (reason !== undefined) throw new CallFailed('InvalidResult', `${what} ${reason}.`);
  return read;
}

function stringify(value: unknown, what: string): string {
  try {
    return storable(JSON.stringify(value, refuseLoss) ?? 'null');
  } catch (error) {
    // A stack overflow. A cycle is a TypeError.
    if (error instanceof RangeError) throw new CallFailed('InvalidResult', `${what} ${TOO_DEEP}.`);
    const [reason] = inWords(error).split('\n');
    throw new CallFailed('InvalidResult', `${what} is not valid JSON: ${reason}.`);
  }
}

function refuseLoss(key: string, value: unknown): unknown {
  const where = key === '' ? 'it' : `"${key}"`;
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`${where} is a ${typeof value}`);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`${where} is ${value}`);
  }
  if (value instanceof Map || value instanceof Set) {
    throw new TypeError(`${where} is a ${value.constructor.name}`);
  }
  return value;
}

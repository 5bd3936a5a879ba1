/** Ids for incoming requests: random, or derived from what identifies a repeated request. */
import { createHash, randomBytes } from 'node:crypto';

type Prefix = 'conv' | 'msg' | 'stop' | 'req';

/** 128 random bits, URL-safe. */
export const randomId = (prefix: Prefix) => `${prefix}_${randomBytes(16).toString('base64url')}`;

/** The id is a hash of its parts: the same parts always give the same id. */
export const derivedId = (prefix: Prefix, ...parts: string[]) =>
  `${prefix}_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)}`;

/** The hash of a JSON value; the order of properties does not matter. */
export const hashOf = (value: unknown) =>
  createHash('sha256').update(JSON.stringify(value, sorted)).digest('base64url');

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

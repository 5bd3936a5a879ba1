/** Ids of what comes in from outside: random, or derived from what makes a request the same as another. */
import { createHash, randomBytes } from 'node:crypto';

type Prefix = 'conv' | 'msg';

/** 128 random bits, URL-safe. */
export const randomId = (prefix: Prefix) => `${prefix}_${randomBytes(16).toString('base64url')}`;

/** The same parts give the same id, and nobody finds others that do. */
export const derivedId = (prefix: Prefix, ...parts: string[]) =>
  `${prefix}_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)}`;

/** Of a JSON value; the order of properties does not count. */
export const hashOf = (value: unknown) =>
  createHash('sha256').update(JSON.stringify(value, sorted)).digest('base64url');

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** R10: a call is a duplicate of an open one of the same tool with the same input. */
import type { Call } from './state.ts';

/** @returns the open calls that `call` repeats, oldest first */
export function duplicatesOf(call: Call & { status: 'requested' }, calls: Call[]): Call[] {
  return calls.filter(
    (other) =>
      other.id !== call.id &&
      other.status !== 'requested' &&
      other.tool === call.tool &&
      isSameJson(inputOf(other), call.request.input),
  );
}

/** A running call keeps its input only if its tool checks for duplicates. */
const inputOf = (call: Call) => (call.status === 'running' ? call.input : call.request.input);

/** Compares JSON values regardless of the order of fields. */
function isSameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [fieldsOf(a), fieldsOf(b)];
  return (
    left.size === right.size &&
    [...left].every(([key, value]) => right.has(key) && isSameJson(value, right.get(key)))
  );
}

/** Leaves out undefined fields: JSON has none. */
const fieldsOf = (value: object) =>
  new Map(Object.entries(value).filter(([, field]) => field !== undefined));

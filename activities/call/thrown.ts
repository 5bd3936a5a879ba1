/** Describes thrown values in words: JavaScript can throw any value, and libraries do. */
import { inspect } from 'node:util';

/**
 * An error's message, and below it the reason: its causes, or the errors that it aggregates. For an object that is not an error:
 * its message, or else its fields. May throw if inspecting the value throws.
 */
export function inWords(thrown: unknown): string {
  return because(thrown, 0, new Set()) || `${kindOf(thrown)}, without a message`;
}

function because(thrown: unknown, depth: number, seen: Set<unknown>): string {
  if (seen.has(thrown) || depth > MOST_CAUSES) return '';
  seen.add(thrown);
  const { message, cause, errors } = fieldsOf(thrown);
  const own = say(message ?? (thrown instanceof Error ? '' : thrown));
  const reasons = [cause, ...(Array.isArray(errors) ? errors.slice(0, MOST_ERRORS) : [])]
    .filter((reason) => reason !== undefined && reason !== null)
    .map((reason) => shortly(because(reason, depth + 1, seen)))
    // Many libraries repeat the cause's message in their own.
    .filter((reason) => reason !== '' && !own.includes(reason));
  return [own, ...new Set(reasons)].filter((part) => part !== '').join(': ');
}

interface Fields {
  message?: unknown;
  cause?: unknown;
  errors?: unknown;
}

const fieldsOf = (thrown: unknown): Fields =>
  typeof thrown === 'object' && thrown !== null ? thrown : {};

/** For values without a message of their own. */
function say(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown.trim();
  if (typeof thrown === 'function') return '';
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  const { error } = thrown as { error?: unknown };
  if (typeof error === 'string' && error !== '') return error;
  const { message } = fieldsOf(error);
  if (typeof message === 'string' && message !== '') return message;
  // Unlike JSON, it accepts cycles and calls no getter.
  return inspect(thrown, {
    depth: 3,
    breakLength: Infinity,
    maxStringLength: 1_000,
    compact: true,
  });
}

function kindOf(thrown: unknown): string {
  if (thrown === '') return 'An empty string';
  if (typeof thrown === 'function') return 'A function';
  const { name } = Object(thrown) as { name?: unknown };
  return typeof name === 'string' && name !== '' ? name : 'An error';
}

/** Shortens a cause: the error's own message matters more. */
const shortly = (text: string) => (text.length > 1_000 ? `${text.slice(0, 1_000)} …` : text);

const MOST_CAUSES = 3;
const MOST_ERRORS = 5;

/**
 * Checks the types of what the model says and requests: some servers send other types in place of text, whose meaning is unknown.
 */
import { ModelError } from './errors.ts';

/**
 * The text; empty for null and undefined.
 * @throws ModelError for anything else
 */
export function textOf(given: unknown): string {
  if (given === undefined || given === null) return '';
  if (typeof given === 'string') return given;
  throw new ModelError('ModelBrokenAnswer', `The model sent ${typeof given} where a text belongs.`);
}

/**
 * Arguments as JSON text. Some servers send the parsed object.
 * @throws ModelError if they are neither an object nor a text
 */
export const argumentsOf = (given: unknown): string =>
  typeof given === 'object' && given !== null ? JSON.stringify(given) : textOf(given);

/** What the model says and asks for, by its real types: some servers send anything where a text belongs, and nobody knows what it means. */
import { ModelError } from './errors.ts';

/** Nothing, or a text. @throws ModelError for anything else */
export function textOf(given: unknown): string {
  if (given === undefined || given === null) return '';
  if (typeof given === 'string') return given;
  throw new ModelError('ModelBrokenAnswer', `The model sent ${typeof given} where a text belongs.`);
}

/** Some servers send the parsed object. */
export const argumentsOf = (given: unknown): string =>
  typeof given === 'object' && given !== null ? JSON.stringify(given) : textOf(given);

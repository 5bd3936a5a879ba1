/** What a provider's stream holds, by its real types: those of its client promise more than some servers keep. */
import { whyRefused } from '../contract/json-value.ts';
import { ModelError } from './errors.ts';

/** Nothing, or a text. @throws ModelError for anything else */
export function textOf(given: unknown): string {
  if (given === undefined || given === null) return '';
  if (typeof given === 'string') return given;
  throw new ModelError('ModelBrokenAnswer', `The model sent ${typeof given} where a text belongs.`);
}

/** Some servers send the parsed object. @throws ModelError for one that is not taken anyway */
export function argumentsOf(given: unknown): string {
  if (typeof given !== 'object' || given === null) return textOf(given);
  const refused = whyRefused(given);
  if (refused === undefined) return JSON.stringify(given);
  throw new ModelError('ModelBrokenAnswer', `What the arguments of a call hold ${refused}.`);
}

/** 0 for what no reply has: a wrong number would stay in every sum. */
export const tokensOf = (given: unknown): number =>
  Number.isInteger(given) && (given as number) >= 0 && (given as number) <= MOST_TOKENS
    ? (given as number)
    : 0;

const MOST_TOKENS = 1_000_000_000;

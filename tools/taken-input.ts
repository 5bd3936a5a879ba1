/**
 * What a tool makes of what a model asks for: its schema trims, converts and fills in. A person who has to agree is shown that, and
 * nothing else may run.
 */
import { inspect, isDeepStrictEqual } from 'node:util';
import { whyRefused } from '../contract/json-value.ts';
import { storable, storableText } from '../contract/storable.ts';
import { cut } from '../contract/stored.ts';
import type { RequestedCall } from '../contract/turn.ts';
import { isRemote, type Tool } from './define.ts';

/**
 * Where the schema takes what it has made for what it is, that is the input from now on, so that a default which reads a clock is read once.
 * Else the input stays as given and what becomes of it is shown beside it; but a service is sent what was given.
 * @param given which the tool's schema takes
 */
export async function takenInput(
  tool: Pick<Tool, 'input'>,
  given: unknown,
): Promise<Required<Pick<RequestedCall, 'input' | 'shown'>>> {
  const taken: unknown = await tool.input.parseAsync(given);
  const shown = asShown(taken);
  const again = await tool.input.safeParseAsync(shown);
  if (again.success && isDeepStrictEqual(again.data, taken)) return { input: shown, shown: {} };
  return { input: given, shown: isRemote(tool as Tool) ? {} : { input: shown } };
}

/** Whether the tool would run with what a person has agreed to. */
export const isAgreed = (taken: unknown, agreed: unknown) =>
  isDeepStrictEqual(asShown(taken), agreed);

/** As JSON; what JSON does not know, such as the amount of a bigint, in words. The same value is always shown alike. */
export function asShown(taken: unknown): unknown {
  try {
    const json = storable(JSON.stringify(taken, inWords) ?? 'null');
    const shown: unknown = JSON.parse(json);
    if (json.length <= MOST_CHARS && whyRefused(shown) === undefined) return shown;
  } catch {
    // It holds itself, or its own toJSON throws.
  }
  return storableText(cut(inspect(taken, { depth: 10 }), 0, MOST_CHARS));
}

/** As much as a model may give. */
const MOST_CHARS = 256_000;

function inWords(_key: string, value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...(value as Iterable<unknown>)];
  if (value instanceof RegExp) return String(value);
  const hasNoJson = ['bigint', 'function', 'symbol'].includes(typeof value);
  return hasNoJson || (typeof value === 'number' && !Number.isFinite(value))
    ? String(value)
    : value;
}

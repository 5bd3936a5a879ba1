/**
 * What a tool's schema makes of the model's input: it trims, converts and fills in. A user who has to approve the call is shown
 * that, and nothing else may run.
 */
import { inspect, isDeepStrictEqual } from 'node:util';
import { whyRefused } from '../contract/json-value.ts';
import { storable, storableText } from '../contract/storable.ts';
import { cut } from '../contract/stored.ts';
import type { RequestedCall } from '../contract/call.ts';
import { isRemote, type Tool } from './define.ts';

/**
 * If the schema accepts its own output and leaves it unchanged, that output is the input from now on, so that a default which
 * reads a clock is read once. Otherwise the input stays as given, and what the schema makes of it is shown next to it; but a
 * remote service is sent what was given.
 * @param given input that the tool's schema accepts
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

/** Whether the tool would run with what the user has approved. */
export const isAgreed = (taken: unknown, agreed: unknown) =>
  isDeepStrictEqual(asShown(taken), agreed);

/** As JSON; values that JSON lacks, such as a bigint amount, in words. The same value is always shown the same way. */
export function asShown(taken: unknown): unknown {
  try {
    const json = storable(JSON.stringify(taken, inWords) ?? 'null');
    const shown: unknown = JSON.parse(json);
    if (json.length <= MOST_CHARS && whyRefused(shown) === undefined) return shown;
  } catch {
    // The value is cyclic, or its own toJSON throws.
  }
  return storableText(cut(inspect(taken, { depth: 10 }), 0, MOST_CHARS));
}

/** As much input as a model may give. */
const MOST_CHARS = 256_000;

function inWords(_key: string, value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...(value as Iterable<unknown>)];
  if (value instanceof RegExp) return String(value);
  const hasNoJson = ['bigint', 'function', 'symbol'].includes(typeof value);
  return hasNoJson || (typeof value === 'number' && !Number.isFinite(value))
    ? String(value)
    : value;
}

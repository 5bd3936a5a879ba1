/**
 * The input as a tool's schema parses it: the schema may trim, convert and fill in values. A user who has to approve the call sees the
 * parsed input, and the tool must run with nothing else.
 */
import { inspect, isDeepStrictEqual } from 'node:util';
import { whyRefused } from '../contract/json-value.ts';
import { storable, storableText } from '../contract/storable.ts';
import { cut } from '../contract/stored.ts';
import type { RequestedCall } from '../contract/call.ts';
import { isRemote, type Tool } from './define.ts';

/**
 * If the schema accepts its own output and leaves it unchanged, that output becomes the input, so that a default which reads a clock is
 * read once. Otherwise the input stays as given, and the parsed input is shown next to it, except for a remote tool, which is sent the
 * given input.
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

/** Whether the parsed input is what the user has approved. */
export const isAgreed = (taken: unknown, agreed: unknown) =>
  isDeepStrictEqual(asShown(taken), agreed);

/** The value as JSON, with values that JSON lacks, such as a bigint, as text. The same value is always shown the same way. */
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

/** The limit of a model's input. */
const MOST_CHARS = 256_000;

function inWords(_key: string, value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...(value as Iterable<unknown>)];
  if (value instanceof RegExp) return String(value);
  const hasNoJson = ['bigint', 'function', 'symbol'].includes(typeof value);
  return hasNoJson || (typeof value === 'number' && !Number.isFinite(value))
    ? String(value)
    : value;
}

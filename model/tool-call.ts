/** Turns what a model wrote into a call that can run, or into a description of what is wrong with it. */
import type { z } from 'zod';
import { CANCEL_TOOL, EVENT_TOOL } from '../contract/names.ts';
import type { Failure } from '../contract/entry.ts';
import { whyRefused } from '../contract/json-value.ts';
import { storableText, storableValue } from '../contract/storable.ts';
import { cut } from '../contract/stored.ts';
import type { RequestedCall } from '../contract/call.ts';
import type { Tool } from '../tools/define.ts';
import { parseReport } from '../contract/report.ts';
import type { AskedCall } from './message.ts';
import { cancelTool, takesReport } from './tools-schema.ts';

type Parsed = Omit<RequestedCall, 'call_id'>;

/**
 * Never throws, whatever a model writes.
 * @param tools the agent's, without `cancel_call`
 * @param offered the names that the model was given. Default: those of the tools, and `cancel_call`
 */
export async function parseToolCall(
  tools: ReadonlyMap<string, Tool>,
  asked: AskedCall,
  offered: readonly string[] = [...tools.keys(), CANCEL_TOOL],
): Promise<Parsed> {
  const name = storableText(cut(asked.name, 0, LONGEST_NAME));
  const given = parseJson(asked.arguments);
  const problem = (type: string, message: string): Parsed => ({
    tool: name,
    input: given.ok ? given.value : storableText(cut(asked.arguments, 0, MOST_KEPT_CHARS)),
    problem: { type, message } satisfies Failure,
  });

  if (name === EVENT_TOOL) {
    return problem(
      'NotForTheModel',
      `${EVENT_TOOL} is called by the service only, as soon as something has happened. Do not call it; say nothing if there is nothing to say.`,
    );
  }
  const tool = tools.get(name);
  if (!tool && !(name === CANCEL_TOOL && offered.includes(CANCEL_TOOL))) {
    const others =
      offered.length > 0
        ? `The tools are: ${offered.join(', ')}.`
        : 'There are no tools at all: answer in words.';
    return problem('UnknownTool', `There is no tool named ${name}. ${others}`);
  }
  if (!given.ok) return problem('InvalidInput', `The arguments of ${name} ${given.why}.`);

  const { fields, report } = tool && takesReport(tool) ? splitReport(given.value) : whole(given);
  if (report !== undefined && !(typeof report === 'string' && parseReport(report))) {
    return problem(
      'InvalidInput',
      `The arguments of ${name} do not fit. report: must be like "every 25 percent", "every minute" or "only the end".`,
    );
  }
  const checked = await (tool ?? cancelTool).input.safeParseAsync(fields);
  if (!checked.success) {
    return problem('InvalidInput', `The arguments of ${name} do not fit. ${list(checked.error)}`);
  }
  // Keeps the input as the model wrote it. The schema's output may not be JSON, so the tool's activity parses the input again.
  return { tool: name, input: fields, ...(report ? { report } : {}) };
}

/** No provider accepts a longer tool name. */
const LONGEST_NAME = 64;

/** The arguments pass through Temporal several times, and a payload may have two megabytes. */
const MOST_BYTES = 256_000;
/** How much of invalid arguments is kept, to show what the model wrote. */
const MOST_KEPT_CHARS = 8_000;

type Json = { ok: true; value: unknown } | { ok: false; why: string };

function parseJson(text: string): Json {
  // Some models send nothing at all for a tool without parameters.
  if (text.trim() === '') return { ok: true, value: {} };
  if (Buffer.byteLength(text) > MOST_BYTES) {
    return { ok: false, why: `are longer than ${MOST_BYTES} bytes` };
  }
  let value: unknown;
  try {
    value = unwrapped(JSON.parse(text));
  } catch {
    return { ok: false, why: 'are not valid JSON' };
  }
  const refused = whyRefused(value);
  if (refused !== undefined) return { ok: false, why: `do not fit: what they hold ${refused}` };
  return { ok: true, value: storableValue(value) };
}

/** Some models write `null` for no arguments, and some encode the JSON twice. */
function unwrapped(value: unknown): unknown {
  if (value === null) return {};
  if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Models omit an optional field by writing `null` or empty text. */
function splitReport(value: unknown): { fields: unknown; report?: unknown } {
  if (typeof value !== 'object' || value === null || !('report' in value)) return { fields: value };
  const { report, ...fields } = value;
  return { fields, report: report === null || report === '' ? undefined : report };
}

function whole({ value }: { value: unknown }): { fields: unknown; report?: undefined } {
  return { fields: value };
}

function list(error: z.ZodError): string {
  return error.issues
    .slice(0, MOST_ISSUES)
    .map(({ path, message }) => `${path.length > 0 ? path.join('.') : 'arguments'}: ${message}`)
    .map((text) => cut(text, 0, MOST_ISSUE_CHARS))
    .join('; ');
}

/** A list may be wrong in each of its elements, and a quoted name may be as long as the arguments. */
const MOST_ISSUES = 20;
const MOST_ISSUE_CHARS = 500;

/** The tool with which a model reads more of a large result than the beginning that it was shown. */
import { z } from 'zod';
import { READ_TOOL } from '../../contract/names.ts';
import { boundary, cut, legible } from '../../contract/stored.ts';
import { defineTool } from '../define.ts';

export default defineTool({
  name: READ_TOOL,
  description:
    'Reads a large result of a call, of which only the beginning is shown as `stored`: a part of it, or the places where a text occurs.',
  input: z.object({
    call_id: z.string().describe('The call that returned it.'),
    // A number or `end`: the model's schema says string, since some providers do not support alternatives.
    n: z
      .unknown()
      .refine(isNumber, 'must be the `n` of `stored`: a number, or end')
      .default('end')
      .meta({ type: 'string', description: 'The `n` of `stored`: a number, or end.' }),
    offset: z.int().min(0).default(0).describe('Where to begin, in characters.'),
    length: z.int().min(1).max(8_000).default(4_000).describe('Characters of a part.'),
    find: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe(
        'Returns the places of this text from `offset` on instead of a part. Ignores case.',
      ),
  }),
  duplicates: 'allow',
  timeout_ms: 60_000,
  async run({ call_id, n: given, offset, length, find }, { storedResult }) {
    const n = given === 'end' ? 'end' : Number(given);
    const result = await storedResult(call_id, n);
    if (result === undefined) throw new NoSuchResult(call_id, n);
    const text = legible(result);
    if (offset >= text.length) throw new BeyondTheEnd(offset, text.length);
    return find === undefined ? part(text, offset, length) : places(text, offset, find);
  },
});

/** The number of a result: 1, 2, 3 …, as a number or a string, or `end`. */
function isNumber(given: unknown): boolean {
  return given === 'end' || /^[1-9]\d{0,8}$/.test(String(given));
}

function part(text: string, offset: number, length: number) {
  const from = boundary(text, offset);
  const next = boundary(text, from + length);
  return {
    offset: from,
    text: cut(text, from, next),
    total: text.length,
    ...(next < text.length && { next_offset: next }),
  };
}

function places(text: string, offset: number, find: string) {
  const found: number[] = [];
  const pattern = new RegExp(find.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'giu');
  pattern.lastIndex = boundary(text, offset);
  for (let match = pattern.exec(text); match && found.length <= MOST_PLACES;) {
    found.push(match.index);
    match = pattern.exec(text);
  }
  const next = found[MOST_PLACES];
  return {
    places: found.slice(0, MOST_PLACES).map((at) => ({
      offset: at,
      text: cut(text, Math.max(0, at - AROUND), at + find.length + AROUND),
    })),
    total: text.length,
    ...(next !== undefined && { next_offset: next }),
  };
}

const MOST_PLACES = 10;
/** Characters before and after what was found. */
const AROUND = 200;

class NoSuchResult extends Error {
  override name = 'NoSuchResult';
  constructor(callId: string, n: number | 'end') {
    super(
      `There is no stored result ${n} of ${callId} in this conversation. A result without \`stored\` is shown in full.`,
    );
  }
}

class BeyondTheEnd extends Error {
  override name = 'BeyondTheEnd';
  constructor(offset: number, total: number) {
    super(`The result has ${total} characters: the offset ${offset} is beyond its end.`);
  }
}

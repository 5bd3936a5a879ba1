/** Reads a server's response to a streaming request as events, whatever its format. */
import { createParser } from 'eventsource-parser';
import { whyRefused } from '../../contract/json-value.ts';
import { cut } from '../../contract/stored.ts';
import { ModelError } from '../errors.ts';
import { isFields } from '../fields.ts';
import { close, drain } from './drain.ts';
import { eventTexts, withoutComments } from './event-texts.ts';

export type BodyEvent =
  /** `whole`: a complete answer instead of a stream. */
  | { kind: 'data'; data: unknown; name?: string; whole?: true }
  /** `[DONE]`: the server says that the answer is complete. */
  | { kind: 'done' };

/**
 * The beginning of the body decides its format, and not the content type, which many servers get wrong: server-sent events, JSON with the
 * complete answer, or one JSON object a line.
 * @param alive called when anything arrives, even a comment
 * @param isLast whether the answer is complete with this event. After that, or after `[DONE]`, the body is read to its end even if the caller
 *   stops reading, so that the next request can use the connection
 * @throws ModelError `ModelBrokenAnswer`, which quotes the body, for any other format
 */
export async function* eventsOf(
  response: Response,
  alive: () => void,
  isLast: (data: unknown) => boolean,
): AsyncGenerator<BodyEvent> {
  let isComplete = false;
  const pieces = textOf(response, alive, () => isComplete);
  const noted = (event: BodyEvent): BodyEvent => {
    isComplete ||= event.kind === 'done' || isLast(event.data);
    return event;
  };
  let begin = '';
  for await (const piece of pieces) {
    begin = withoutComments(begin + piece);
    if (begin.length > MOST_CHARS) throw tooLarge();
    const first = begin.trimStart()[0];
    // A comment that has not ended yet says nothing about the body.
    if (first === undefined || first === ':') continue;
    const rest = prepended(begin, pieces);
    if (first === '{' || first === '[') yield* fromJson(await whole(rest), response);
    else if (first === '<') throw notAStream(await beginningOf(rest), response);
    else for await (const event of fromEvents(rest, response)) yield noted(event);
    return;
  }
}

async function* textOf(
  { body }: Response,
  alive: () => void,
  isComplete: () => boolean,
): AsyncGenerator<string> {
  if (!body) return;
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      alive();
      const text = decoder.decode(value, { stream: true });
      if (text !== '') yield text;
    }
  } finally {
    // Both have no effect on a body that has ended.
    if (isComplete()) void drain(reader);
    else void close(reader);
  }
  const last = decoder.decode();
  if (last !== '') yield last;
}

async function* prepended(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

async function* fromEvents(
  pieces: AsyncIterable<string>,
  response: Response,
): AsyncGenerator<BodyEvent> {
  let waiting: { data: string; event?: string }[] = [];
  const parser = createParser({
    onEvent: (event) => void waiting.push(event),
    // Any other invalid line is ignored, as browsers do.
    onError({ type }) {
      if (type === 'max-buffer-size-exceeded') throw tooLarge();
    },
    maxBufferSize: MOST_CHARS,
  });
  let head = '';
  let count = 0;
  function* parsed(): Generator<BodyEvent> {
    for (const { data, event: name } of waiting) {
      count += 1;
      if (data.trim() === '') continue;
      for (const text of eventTexts(data)) yield eventIn(text, name);
    }
    waiting = [];
  }
  for await (const piece of pieces) {
    if (head.length < QUOTED_CHARS) head += piece;
    parser.feed(piece);
    yield* parsed();
  }
  // Some servers end without the empty line that terminates an event.
  parser.feed('\n\n');
  yield* parsed();
  if (count === 0) throw notAStream(head, response);
}

function eventIn(text: string, name: string | undefined): BodyEvent {
  if (text.trim() === '[DONE]') return { kind: 'done' };
  const data = parse(text);
  if (data !== undefined) {
    const typed = withType(readable(data), name);
    return { kind: 'data', data: typed, ...(name !== undefined && { name }) };
  }
  throw new ModelError(
    'ModelBrokenAnswer',
    `The server sent an event that is not valid JSON: ${quoted(text)}`,
  );
}

/** Some servers name the type of an event of the Responses API outside its data only. */
const withType = (data: unknown, name = '') =>
  name.startsWith('response.') && isFields(data) && data.type === undefined
    ? { type: name, ...data }
    : data;

/** Input that is nested too deeply overflows the stack of any code that reads, copies or writes it. */
function readable<T>(data: T): T {
  const why = whyRefused(data);
  if (why === undefined) return data;
  throw new ModelError('ModelBrokenAnswer', `The server sent a value that ${why}.`);
}

function* fromJson(text: string, response: Response): Generator<BodyEvent> {
  const json = parse(text);
  // Some servers wrap an error in a list of one.
  const items = Array.isArray(json) ? json : json === undefined ? linesOf(text) : [json];
  if (!items || !items.every(isObject)) throw notAStream(text, response);
  const isOne = items.length === 1;
  for (const data of items.map(readable)) {
    yield { kind: 'data', data, ...(isOne && { whole: true }) };
  }
}

/** One JSON object per line, as some servers stream. */
function linesOf(text: string): unknown[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const items = lines.map(parse);
  return items.includes(undefined) ? undefined : items;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/** The error for a body that is not an answer, such as a proxy's page. It quotes the body. */
export function notAStream(text: string, { headers }: Response): ModelError {
  const type = headers.get('content-type') ?? 'no content type';
  return new ModelError(
    'ModelBrokenAnswer',
    `The server did not send a stream of events, but ${type}: ${quoted(text)}`,
  );
}

/** The error for JSON that is not part of an answer, such as an error in a form of the server's own. It quotes the JSON. */
export const notAnAnswer = (data: unknown) =>
  new ModelError(
    'ModelBrokenAnswer',
    `The server sent something other than an answer: ${quoted(JSON.stringify(data))}`,
  );

const QUOTED_CHARS = 200;

export function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > QUOTED_CHARS ? `${cut(line, 0, QUOTED_CHARS)} […]` : line;
}

const tooLarge = () =>
  new ModelError(
    'ModelBrokenAnswer',
    `The server sent more than ${MOST_CHARS} characters at once.`,
  );

async function whole(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length > MOST_CHARS) throw tooLarge();
  }
  return text;
}

const MOST_CHARS = 20_000_000;

async function beginningOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length > 10 * QUOTED_CHARS) break;
  }
  return text;
}

/** Reads bodies: JSON in UTF-8, within the nesting limit that applies everywhere. Every key is data. */
import { whyRefused } from '../contract/json-value.ts';
import { storableValue } from '../contract/storable.ts';
import type { Api } from './dependencies.ts';
import { Problem } from './problems.ts';

/** Only JSON is accepted; Fastify would accept text as well. */
export function readBodies(app: Api): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => readBody(body),
  );
}

/**
 * Undefined for an empty body: many clients send `application/json` in any case, and a route that needs a body reports that it is
 * missing. NUL and halves of a surrogate pair become U+FFFD, as in the output of tools.
 * @throws Problem
 */
export function readBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const text = decode(body);
  const value = parse(text);
  const errors = refusals(value);
  if (errors.length > 0) {
    const detail = errors.map(({ path, message }) => `${path} ${message}.`).join(' ');
    throw new Problem('invalid_request', detail, { errors });
  }
  // Without an escape there is nothing to replace: JSON has no other way to write these characters.
  return text.includes('\\u') ? storableValue(value) : value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new Problem('malformed_json', 'The body is not UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.toWellFormed();
    throw new Problem('malformed_json', `The body is not valid JSON: ${reason}.`);
  }
}

/** Checks each field separately, so that what is accepted does not depend on the other fields. */
function refusals(body: unknown) {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const fields: [string, unknown][] = isObject
    ? Object.entries(body).map(([name, value]) => [`body.${name.slice(0, 64)}`, value])
    : [['body', body]];
  return fields
    .map(([path, value]) => ({ path: path.toWellFormed(), message: whyRefused(value) }))
    .filter((each): each is { path: string; message: string } => each.message !== undefined)
    .slice(0, 20);
}

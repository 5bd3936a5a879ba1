/**
 * Data that a provider sends with an answer and expects back: reasoning, signatures, encrypted items. The service stores it as opaque text
 * of bounded size, and returns it only to the server and model that sent it.
 */
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Attached } from '../contract/entry.ts';
import { cut } from '../contract/stored.ts';
import { type Fields, isFields, without } from './fields.ts';
import type { ModelApi } from './message.ts';

/** Identifies a server and model as the sender. It is a hash, since a URL may contain a password. */
export const senderId = (api: ModelApi, url: string, model: string) =>
  createHash('sha256').update(`${api} ${url} ${model}`).digest('base64url').slice(0, 16);

/**
 * Packs the data of a sender for the log. Undefined if there is none, or it is too large to keep.
 * @param by from `senderId`
 */
export function attach(by: string, value: object): Attached | undefined {
  if (Object.values(value).every((each) => each === undefined)) return undefined;
  const data = deflateRawSync(JSON.stringify(value)).toString('base64');
  return data.length > MOST_CHARS ? undefined : { by, data };
}

const MOST_CHARS = 64_000;

/** Unpacks what `attach` packed. Undefined if another server or model sent it. */
export function detach(by: string, attached: Attached | undefined): unknown {
  if (attached?.by !== by) return undefined;
  return JSON.parse(inflateRawSync(Buffer.from(attached.data, 'base64')).toString());
}

/** Merges fields that arrive in a stream. Texts and lists are appended to, and objects are merged. */
export function gather(known: Fields, more: Fields): Fields {
  const result = { ...known };
  for (const [field, value] of Object.entries(more)) {
    if (value !== undefined && value !== null) result[field] = grown(result[field], value);
  }
  return result;
}

function grown(known: unknown, more: unknown): unknown {
  if (typeof known === 'string' && typeof more === 'string') return known + more;
  if (Array.isArray(known) && Array.isArray(more)) return more.reduce<unknown[]>(withPiece, known);
  if (isFields(known) && isFields(more)) return gather(known, more);
  return more;
}

/** Appends a piece to a list, or merges it with the last one: OpenRouter gives pieces that belong together the same index. */
function withPiece(list: unknown[], piece: unknown): unknown[] {
  const last = list.at(-1);
  const goesOn =
    isFields(last) &&
    isFields(piece) &&
    piece.index !== undefined &&
    last.index === piece.index &&
    last.type === piece.type;
  if (!goesOn) return [...list, piece];
  return [...list.slice(0, -1), gather(last, without(piece, ['index', 'type', 'format', 'id']))];
}

const WORDS = ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking'];

/** Readable thoughts are required only alongside calls, and their presence matters more than their length. */
export function shortened(fields: Fields, hasCalls: boolean): Fields | undefined {
  const kept = Object.entries(fields)
    .filter(([field]) => hasCalls || !WORDS.includes(field))
    .map(([field, value]) => [field, WORDS.includes(field) ? short(value) : value] as const);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

const short = (value: unknown) =>
  typeof value === 'string' && value.length > MOST_WORDS
    ? `${cut(value, 0, MOST_WORDS / 2)} […] ${cut(value, value.length - MOST_WORDS / 2, value.length)}`
    : value;

const MOST_WORDS = 20_000;

/** Chat Completions, which most harnesses and nearly all model servers support. */
import { gather } from '../../../model/attached.ts';
import { fieldsOf, type Fields, listOf, without } from '../../../model/fields.ts';
import { portable } from '../../../model/portable-schema.ts';
import type { ProxyBody, Wire } from '../wire.ts';
import { callMessages, itemsOf, spotFor } from './item.ts';
import { type Chunk, createMerge, DONE } from './merge.ts';

export const chat: Wire<Chunk> = {
  path: '/chat/completions',
  layout: { spotFor, keepsPokes: true },
  refuses({ n, functions }) {
    if (typeof n === 'number' && n > 1) {
      return 'n is not supported here: a thread continues with a single answer.';
    }
    return Array.isArray(functions)
      ? 'functions is not supported here: declare them as tools.'
      : undefined;
  },
  itemsOf: ({ messages }) => itemsOf(messages),
  namesIn: ({ tools }) =>
    listOf(tools).map((tool) => String(fieldsOf(tool['function'] ?? tool['custom'])['name'])),
  written: (piece) => (piece.kind === 'item' ? [piece.item.raw] : callMessages(piece.call)),
  request(body, { items, functions, isFirst }) {
    const own = functions.map(({ parameters, ...tool }) => ({
      type: 'function',
      function: { ...tool, parameters: portable(parameters) },
    }));
    const given: unknown[] = Array.isArray(body['tools']) ? body['tools'] : [];
    const tools = [...given, ...own];
    return {
      ...body,
      messages: items,
      ...(tools.length > 0 && { tools }),
      ...(!isFirst && body['tool_choice'] !== undefined && { tool_choice: 'auto' }),
    };
  },
  read: (data) => (data === '[DONE]' ? DONE : (JSON.parse(data) as Chunk)),
  readWhole: (text) => JSON.parse(text) as Chunk,
  createMerge,
  failure: ({ code, message }) => ({ error: { message, type: 'server_error', param: null, code } }),
  frame: (chunk) => `data: ${JSON.stringify(chunk)}\n\n`,
  ending: 'data: [DONE]\n\n',
  whole(chunks) {
    const failed = chunks.find(({ error }) => error !== undefined && error !== null);
    if (failed) return { status: 502, body: { error: failed['error'] } };
    return { status: 200, body: completion(chunks) };
  },
};

function completion(chunks: readonly Chunk[]): ProxyBody {
  let message: Fields = { role: 'assistant', content: null };
  let rest: Fields = {};
  let envelope: Fields = {};
  for (const chunk of chunks) {
    const [choice] = listOf(chunk['choices']);
    envelope = { ...envelope, ...without(chunk, ['choices']) };
    if (!choice) continue;
    const { delta, ...more } = choice;
    const said = without(fieldsOf(delta), ['role']);
    rest = { ...rest, ...more };
    message = { ...nullsOf(said), ...gather(message, said) };
  }
  return {
    ...envelope,
    object: 'chat.completion',
    choices: [{ index: 0, ...rest, message }],
  };
}

/** A message keeps the fields that the stream sent as null. */
const nullsOf = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value === null));

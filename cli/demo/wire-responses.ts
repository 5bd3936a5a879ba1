/** The server side of the Responses API: reads requests, and writes bodies and streams. */
import { text as whole } from 'node:stream/consumers';
import { z } from 'zod';
import type { ModelMessage } from '../../model/message.ts';
import { checkCalls } from './check-calls.ts';
import { frame, type WireAnswer, type WireRequest, wireId, wireTime } from './wire.ts';

/** @throws ZodError; WireError 400 for calls that are not answered */
export function parseResponses(body: unknown): WireRequest {
  const { model, stream, instructions, input, tools } = responsesBody.parse(body);
  const items = typeof input === 'string' ? [{ role: 'user' as const, content: input }] : input;
  const messages = items.reduce(join, []);
  checkCalls(messages, 'input');
  return {
    api: 'responses',
    model,
    stream: stream ?? false,
    messages: [
      ...(instructions ? [{ role: 'system' as const, text: instructions }] : []),
      ...messages,
    ],
    tools: (tools ?? []).map(({ name }) => name),
  };
}

/** The frames of a streamed answer. */
export async function* responsesStream(
  request: WireRequest,
  answer: WireAnswer,
): AsyncGenerator<string> {
  let sequence_number = 0;
  const event = (type: string, body: object) =>
    frame({ type, sequence_number: sequence_number++, ...body }, type);
  const response = { ...head(request), status: 'in_progress', output: [] };

  yield event('response.created', { response });
  yield event('response.in_progress', { response });
  const output: object[] = [];
  let text = '';
  const item_id = wireId('msg_');
  const part = { item_id, output_index: 0, content_index: 0 };
  for await (const delta of answer.text) {
    if (text === '') {
      const item = { ...messageItem(item_id, ''), status: 'in_progress', content: [] };
      yield event('response.output_item.added', { output_index: 0, item });
      yield event('response.content_part.added', { ...part, part: textPart('') });
    }
    text += delta;
    yield event('response.output_text.delta', { ...part, delta, logprobs: [] });
  }
  if (text !== '') {
    const item = messageItem(item_id, text);
    yield event('response.output_text.done', { ...part, text, logprobs: [] });
    yield event('response.content_part.done', { ...part, part: textPart(text) });
    yield event('response.output_item.done', { output_index: 0, item });
    output.push(item);
  }
  for (const item of callItems(answer)) {
    const where = { item_id: item.id, output_index: output.length };
    const begun = { ...item, status: 'in_progress', arguments: '' };
    const { name, arguments: whole } = item;
    yield event('response.output_item.added', { output_index: output.length, item: begun });
    yield event('response.function_call_arguments.delta', { ...where, delta: whole });
    yield event('response.function_call_arguments.done', { ...where, name, arguments: whole });
    yield event('response.output_item.done', { output_index: output.length, item });
    output.push(item);
  }
  const usage = responsesUsage(answer, text);
  yield event('response.completed', {
    response: { ...response, status: 'completed', output, usage },
  });
}

export async function responseBody(request: WireRequest, answer: WireAnswer) {
  const text = await whole(answer.text);
  const output = [
    ...(text === '' ? [] : [messageItem(wireId('msg_'), text)]),
    ...callItems(answer),
  ];
  const usage = responsesUsage(answer, text);
  return { ...head(request), status: 'completed', output, usage };
}

const parts = z.array(z.object({ type: z.enum(['input_text', 'output_text']), text: z.string() }));
const content = z
  .union([z.string(), parts])
  .transform((given) =>
    typeof given === 'string' ? given : given.map(({ text }) => text).join('\n'),
  );

const item = z.union([
  z.object({
    type: z.literal('message').optional(),
    role: z.enum(['system', 'developer', 'user', 'assistant']),
    content,
  }),
  z.object({
    type: z.literal('function_call'),
    call_id: z.string().min(1),
    name: z.string().min(1),
    arguments: z.string(),
    async: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('function_call_output'),
    call_id: z.string().min(1),
    output: z.string(),
  }),
]);

const responsesBody = z.object({
  model: z.string().min(1),
  instructions: z.string().nullish(),
  input: z.union([z.string(), z.array(item).min(1)]),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  tools: z
    .array(
      z.object({
        type: z.literal('function'),
        name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
        parameters: z.looseObject({ type: z.literal('object') }).nullable(),
        strict: z.boolean().nullish(),
        async: z.boolean().optional(),
      }),
    )
    .optional(),
});

/** In this API calls are separate items. Together with the text before them they become one assistant message. */
function join(messages: ModelMessage[], given: z.infer<typeof item>): ModelMessage[] {
  if ('role' in given) {
    const { role, content: text } = given;
    if (role === 'assistant') return [...messages, { role, text, calls: [] }];
    return [...messages, { role, text }];
  }
  if (given.type === 'function_call_output') {
    return [...messages, { role: 'tool', call_id: given.call_id, text: given.output }];
  }
  const call = {
    call_id: given.call_id,
    tool: given.name,
    arguments: given.arguments,
    ...(given.async && { async: true as const }),
  };
  const last = messages.at(-1);
  if (last?.role !== 'assistant')
    return [...messages, { role: 'assistant', text: '', calls: [call] }];
  return [...messages.slice(0, -1), { ...last, calls: [...last.calls, call] }];
}

const head = ({ model }: WireRequest) => ({
  id: wireId('resp_'),
  object: 'response',
  created_at: wireTime(),
  model,
  error: null,
  incomplete_details: null,
});

const textPart = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });

const messageItem = (id: string, text: string) => ({
  id,
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [textPart(text)],
});

const callItems = ({ calls }: WireAnswer) =>
  calls.map((call) => ({
    id: wireId('fc_'),
    type: 'function_call',
    call_id: wireId('call_'),
    status: 'completed',
    ...call,
  }));

function responsesUsage(answer: WireAnswer, text: string) {
  const usage = answer.usage(text);
  return usage && { ...usage, total_tokens: usage.input_tokens + usage.output_tokens };
}

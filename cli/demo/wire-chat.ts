/** The server side of Chat Completions: reads requests, and writes bodies and streams. */
import { text as whole } from 'node:stream/consumers';
import { z } from 'zod';
import type { AskedCall, ModelMessage } from '../../model/message.ts';
import { checkCalls } from './check-calls.ts';
import { frame, type WireAnswer, type WireRequest, wireId, wireTime } from './wire.ts';

/** @throws ZodError; WireError 400 for calls that are not answered */
export function parseChat(body: unknown): WireRequest & { includeUsage: boolean } {
  const { model, stream, stream_options, messages: given, tools } = chatBody.parse(body);
  const messages = given.map(toMessage);
  checkCalls(messages, 'messages');
  return {
    api: 'chat',
    model,
    stream: stream ?? false,
    includeUsage: stream_options?.include_usage ?? false,
    messages,
    tools: (tools ?? []).map((tool) => tool.function.name),
  };
}

/** The frames of a streamed answer. */
export async function* chatStream(
  request: WireRequest & { includeUsage: boolean },
  answer: WireAnswer,
): AsyncGenerator<string> {
  const head = {
    id: wireId('chatcmpl-'),
    object: 'chat.completion.chunk',
    created: wireTime(),
    model: request.model,
  };
  const chunk = (delta: object, finish_reason: string | null = null) =>
    frame({ ...head, choices: [{ index: 0, delta, finish_reason }] });

  yield chunk({ role: 'assistant', content: '' });
  let text = '';
  for await (const content of answer.text) {
    text += content;
    yield chunk({ content });
  }
  for (const [index, call] of toolCalls(answer.calls).entries()) {
    // OpenAI sends the name first, then the arguments in pieces.
    const { arguments: whole, name } = call.function;
    const half = Math.ceil(whole.length / 2);
    yield chunk({ tool_calls: [{ ...call, index, function: { name, arguments: '' } }] });
    for (const piece of [whole.slice(0, half), whole.slice(half)]) {
      yield chunk({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  yield chunk({}, finishReason(answer));
  const usage = chatUsage(answer, text);
  if (request.includeUsage && usage) yield frame({ ...head, choices: [], usage });
  yield frame('[DONE]');
}

export async function chatCompletion(request: WireRequest, answer: WireAnswer) {
  const text = await whole(answer.text);
  const tool_calls = answer.calls.length > 0 ? toolCalls(answer.calls) : undefined;
  const message = { role: 'assistant', content: text || null, refusal: null, tool_calls };
  return {
    id: wireId('chatcmpl-'),
    object: 'chat.completion',
    created: wireTime(),
    model: request.model,
    choices: [{ index: 0, message, finish_reason: finishReason(answer), logprobs: null }],
    usage: chatUsage(answer, text),
  };
}

const content = z
  .union([z.string(), z.array(z.object({ type: z.literal('text'), text: z.string() }))])
  .transform((given) =>
    typeof given === 'string' ? given : given.map(({ text }) => text).join('\n'),
  );

const message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer']), content }),
  z.object({ role: z.literal('user'), content }),
  z.object({ role: z.literal('tool'), tool_call_id: z.string().min(1), content }),
  z.object({
    role: z.literal('assistant'),
    content: content.nullish(),
    tool_calls: z
      .array(
        z.object({
          id: z.string().min(1),
          type: z.literal('function'),
          function: z.object({ name: z.string().min(1), arguments: z.string() }),
        }),
      )
      .min(1)
      .optional(),
  }),
]);

const chatBody = z.object({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  tools: z
    .array(
      z.object({
        type: z.literal('function'),
        function: z.object({
          name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
          parameters: z.looseObject({ type: z.literal('object') }).optional(),
        }),
      }),
    )
    .min(1)
    .optional(),
});

function toMessage(given: z.infer<typeof message>): ModelMessage {
  switch (given.role) {
    case 'system':
    case 'developer':
      return { role: given.role, text: given.content };
    case 'user':
      return { role: 'user', text: given.content };
    case 'tool':
      return { role: 'tool', call_id: given.tool_call_id, text: given.content };
    case 'assistant':
      return {
        role: 'assistant',
        text: given.content ?? '',
        calls: (given.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => ({
          call_id: id,
          tool: name,
          arguments: text,
        })),
      };
    default:
      return given satisfies never;
  }
}

const toolCalls = (calls: AskedCall[]) =>
  calls.map((call) => ({ id: wireId('call_'), type: 'function', function: { ...call } }));

const finishReason = ({ calls }: WireAnswer) => (calls.length > 0 ? 'tool_calls' : 'stop');

function chatUsage(answer: WireAnswer, text: string) {
  const usage = answer.usage(text);
  return (
    usage && {
      prompt_tokens: usage.input_tokens,
      completion_tokens: usage.output_tokens,
      total_tokens: usage.input_tokens + usage.output_tokens,
    }
  );
}

/** The body of a request to the Responses API. */
import type OpenAI from 'openai';
import type { Attached } from '../contract/entry.ts';
import { detach } from './attached.ts';
import type { BoundedRequest, ModelMessage, ToolDeclaration } from './message.ts';
import { acceptableName } from './names.ts';
import { portable } from './portable-schema.ts';

type InputItem = OpenAI.Responses.ResponseInputItem;

export function responsesBody({ model, messages, tools, max_tokens }: BoundedRequest, by: string) {
  return {
    model,
    instructions: messages
      .filter(({ role }) => role === 'system' || role === 'developer')
      .map(({ text }) => text)
      .join('\n\n'),
    input: messages.flatMap((message) => toItems(message, by)),
    // As in Chat Completions, some servers refuse an empty list.
    ...(tools.length > 0 && { tools: tools.map(toTool) }),
    max_output_tokens: max_tokens,
    // The model's reasoning, encrypted for its provider: the log gives it back.
    include: ['reasoning.encrypted_content'],
    store: false,
    stream: true,
  } satisfies OpenAI.Responses.ResponseCreateParamsStreaming;
}

function toTool({
  name,
  description,
  parameters,
  async,
}: ToolDeclaration): OpenAI.Responses.FunctionTool {
  return {
    type: 'function',
    name,
    description,
    parameters: portable(parameters),
    strict: false,
    ...(async && { async }),
  };
}

function toItems(message: ModelMessage, by: string): InputItem[] {
  switch (message.role) {
    case 'system':
    case 'developer':
      return [];
    case 'user':
      return [{ role: 'user', content: message.text }];
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.call_id, output: message.text }];
    case 'assistant':
      return [
        ...(message.attached ?? []).flatMap((each) => itemsOf(each, by)),
        ...(message.text ? [{ role: 'assistant' as const, content: message.text }] : []),
        ...message.calls.flatMap((call) => [
          ...itemsOf(call.attached, by),
          {
            type: 'function_call' as const,
            call_id: call.call_id,
            name: acceptableName(call.tool),
            arguments: call.arguments,
            ...(call.async && { async: true }),
          },
        ]),
      ];
    default:
      return message satisfies never;
  }
}

const itemsOf = (attached: Attached | undefined, by: string): InputItem[] =>
  (detach(by, attached) as { items?: InputItem[] } | undefined)?.items ?? [];

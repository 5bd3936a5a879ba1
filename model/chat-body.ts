/** The body of a request to the Chat Completions API. */
import type OpenAI from 'openai';
import type { Attached } from '../contract/entry.ts';
import { detach } from './attached.ts';
import type { BoundedRequest, ModelMessage, PastCall, ToolDeclaration } from './message.ts';
import { acceptableName } from './names.ts';
import { portable } from './portable-schema.ts';

export interface ChatAttached {
  message?: Record<string, unknown>;
  call?: Record<string, unknown> & { function?: Record<string, unknown> };
}

/**
 * @param by id of the server and model, which get back what they attached
 * @param newer whether the server wants `max_completion_tokens`
 */
export function chatBody(
  { model, messages, tools, max_tokens }: BoundedRequest,
  { by, newer }: { by: string; newer: boolean },
) {
  return {
    model,
    messages: messages.map((message) => toMessage(message, by)),
    // Servers refuse an empty list.
    ...(tools.length > 0 && { tools: tools.map(toTool) }),
    ...(newer ? { max_completion_tokens: max_tokens } : { max_tokens }),
    stream: true,
    stream_options: { include_usage: true },
  } satisfies OpenAI.ChatCompletionCreateParamsStreaming;
}

function toMessage(message: ModelMessage, by: string): OpenAI.ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'developer':
    case 'user':
      return { role: message.role, content: message.text };
    case 'tool':
      return { role: 'tool', tool_call_id: message.call_id, content: message.text };
    case 'assistant': {
      const { text, calls, attached = [] } = message;
      const given = withMessage([...attached, ...calls.map((call) => call.attached)], by);
      if (calls.length === 0) return { role: 'assistant', content: text, ...given };
      return {
        role: 'assistant',
        // Some servers refuse empty text alongside calls; none refuses `null`.
        content: text || null,
        tool_calls: calls.map((call) => toCall(call, by)),
        ...given,
      };
    }
    default:
      return message satisfies never;
  }
}

const withMessage = (attached: (Attached | undefined)[], by: string) =>
  Object.assign(
    {},
    ...attached.map((each) => (detach(by, each) as ChatAttached | undefined)?.message),
  ) as object;

function toCall({ call_id, tool, arguments: text, attached }: PastCall, by: string) {
  const { function: inside, ...beside } =
    (detach(by, attached) as ChatAttached | undefined)?.call ?? {};
  return {
    ...beside,
    id: call_id,
    type: 'function' as const,
    function: { ...inside, name: acceptableName(tool), arguments: text },
  };
}

function toTool({ name, description, parameters }: ToolDeclaration): OpenAI.ChatCompletionTool {
  return { type: 'function', function: { name, description, parameters: portable(parameters) } };
}

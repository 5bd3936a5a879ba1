/** The Chat Completions API, which nearly every provider and local server speaks. */
import type OpenAI from 'openai';
import type { Usage } from '../contract/entry.ts';
import { ModelError } from './errors.ts';
import type { ModelClient, ModelMessage, ModelRequest, ToolDeclaration } from './message.ts';
import { streamedCalls } from './streamed-calls.ts';
import { watched } from './watched.ts';
import { textOf, tokensOf } from './wire.ts';

export function createChatClient(openai: OpenAI, silence_ms: number): ModelClient {
  return {
    async *stream(request, signal) {
      const body = toBody(request);
      const chunks = watched(
        (either) => openai.chat.completions.create(body, { signal: either }),
        signal,
        silence_ms,
      );
      const calls = streamedCalls();
      const usage = { input_tokens: 0, output_tokens: 0 };
      let finish: string | undefined;
      let refusal = '';
      for await (const chunk of chunks) {
        if (chunk.usage) {
          usage.input_tokens = tokensOf(chunk.usage.prompt_tokens);
          usage.output_tokens = tokensOf(chunk.usage.completion_tokens);
        }
        // The chunk with the usage has no choice, and some servers leave the list out.
        const choice = chunk.choices?.[0];
        const text = textOf(choice?.delta?.content);
        if (text !== '') yield { type: 'text', text };
        refusal += textOf(choice?.delta?.refusal);
        for (const piece of choice?.delta?.tool_calls ?? []) calls.add(piece);
        finish = choice?.finish_reason ?? finish;
      }
      if (refusal !== '')
        throw new ModelError('ModelRefused', `The model refused: ${refusal}`, usage);
      checkFinish(finish, usage);
      yield { type: 'done', calls: calls.all(), usage };
    },
  };
}

function checkFinish(finish: string | undefined, usage: Usage): void {
  switch (finish) {
    case undefined:
      throw new ModelError(
        'ModelBrokenAnswer',
        'The model stopped without finishing its answer.',
        usage,
      );
    case 'length':
      throw new ModelError(
        'ModelCutOff',
        'The answer reached the longest the model may give.',
        usage,
      );
    case 'content_filter':
      throw new ModelError(
        'ModelContentFiltered',
        "The provider's content filter cut it off.",
        usage,
      );
  }
}

function toBody({ model, messages, tools }: ModelRequest) {
  return {
    model,
    messages: messages.map(toMessage),
    // An empty list is refused.
    ...(tools.length > 0 && { tools: tools.map(toTool) }),
    stream: true,
    stream_options: { include_usage: true },
  } satisfies OpenAI.ChatCompletionCreateParamsStreaming;
}

function toMessage(message: ModelMessage): OpenAI.ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'developer':
    case 'user':
      return { role: message.role, content: message.text };
    case 'tool':
      return { role: 'tool', tool_call_id: message.call_id, content: message.text };
    case 'assistant':
      if (message.calls.length === 0) return { role: 'assistant', content: message.text };
      return {
        role: 'assistant',
        // Empty text beside calls is refused by some, `null` by none.
        content: message.text || null,
        tool_calls: message.calls.map((call) => ({
          id: call.call_id,
          type: 'function',
          function: { name: call.tool, arguments: call.arguments },
        })),
      };
    default:
      return message satisfies never;
  }
}

function toTool(tool: ToolDeclaration): OpenAI.ChatCompletionTool {
  return { type: 'function', function: { ...tool } };
}

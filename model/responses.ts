/** The Responses API. Nothing is kept with the provider: the log is ours. */
import type OpenAI from 'openai';
import type { Usage } from '../contract/entry.ts';
import { ModelError } from './errors.ts';
import type { AskedCall, ModelClient, ModelMessage, ModelRequest } from './message.ts';
import { watched } from './watched.ts';
import { argumentsOf, textOf, tokensOf } from './wire.ts';

type Response = OpenAI.Responses.Response;

export function createResponsesClient(openai: OpenAI, silence_ms: number): ModelClient {
  return {
    async *stream(request, signal) {
      const body = toBody(request);
      const events = watched(
        (either) => openai.responses.create(body, { signal: either }),
        signal,
        silence_ms,
      );
      const calls: AskedCall[] = [];
      let refusal = '';
      let final: Response | undefined;
      for await (const event of events) {
        if (event.type === 'response.output_text.delta')
          yield { type: 'text', text: textOf(event.delta) };
        if (event.type === 'response.refusal.delta') refusal += textOf(event.delta);
        if (event.type === 'response.output_item.done') calls.push(...asked([event.item]));
        if (event.type === 'response.completed') final = event.response;
        if (event.type === 'response.incomplete') throw incomplete(event.response);
        if (event.type === 'response.failed') throw failed(event.response);
      }
      if (refusal !== '') {
        const usage = final && usageOf(final);
        throw new ModelError('ModelRefused', `The model refused: ${refusal}`, usage);
      }
      if (!final) {
        throw new ModelError(
          'ModelBrokenAnswer',
          'The model stopped without finishing its answer.',
        );
      }
      yield {
        type: 'done',
        // Some servers name the calls in the final response only.
        calls: calls.length > 0 ? calls : asked(final.output ?? []),
        usage: usageOf(final),
      };
    },
  };
}

function asked(items: OpenAI.Responses.ResponseOutputItem[]): AskedCall[] {
  return items
    .filter((item) => item.type === 'function_call')
    .map((item) => ({ name: textOf(item.name), arguments: argumentsOf(item.arguments) }));
}

const usageOf = ({ usage }: Response): Usage => ({
  input_tokens: tokensOf(usage?.input_tokens),
  output_tokens: tokensOf(usage?.output_tokens),
});

function incomplete(response: Response): ModelError {
  const { incomplete_details } = response;
  const usage = usageOf(response);
  if (incomplete_details?.reason === 'content_filter') {
    return new ModelError(
      'ModelContentFiltered',
      "The provider's content filter cut it off.",
      usage,
    );
  }
  return new ModelError('ModelCutOff', 'The answer reached the longest the model may give.', usage);
}

function failed(response: Response): ModelError {
  const { error } = response;
  const type = error?.code === 'rate_limit_exceeded' ? 'ModelRateLimited' : 'ModelUnavailable';
  const message = error?.message ?? 'The provider failed without saying why.';
  return new ModelError(type, message, usageOf(response));
}

function toBody({ model, messages, tools }: ModelRequest) {
  return {
    model,
    instructions: messages
      .filter(({ role }) => role === 'system' || role === 'developer')
      .map(({ text }) => text)
      .join('\n\n'),
    input: messages.flatMap(toItems),
    tools: tools.map((tool) => ({ type: 'function', ...tool, strict: false })),
    store: false,
    stream: true,
  } satisfies OpenAI.Responses.ResponseCreateParamsStreaming;
}

function toItems(message: ModelMessage): OpenAI.Responses.ResponseInputItem[] {
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
        ...(message.text ? [{ role: 'assistant' as const, content: message.text }] : []),
        ...message.calls.map((call) => ({
          type: 'function_call' as const,
          call_id: call.call_id,
          name: call.tool,
          arguments: call.arguments,
        })),
      ];
    default:
      return message satisfies never;
  }
}

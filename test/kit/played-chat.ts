/** A Chat Completions API that a test answers request by request. It streams as OpenAI's does, or answers whole. */
import type { ServerResponse } from 'node:http';
import { type PlayedApi, type ApiCall, startPlayedApi } from './played-api.ts';

export interface PlayedMessage {
  role: string;
  content?: unknown;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
}

export interface ChatBody {
  messages: PlayedMessage[];
  tools?: { function: { name: string } }[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  [field: string]: unknown;
}

const USAGE = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };

export const startPlayedChat = (): Promise<PlayedApi<ChatBody>> =>
  startPlayedApi<ChatBody>({
    answer: (response, parts, nth, body) =>
      body.stream ? streamed(response, parts, nth, body) : whole(response, parts, nth),
    begin: (response, text, nth) => begin(response, nth)({ role: 'assistant', content: text }),
  });

const envelope = (nth: number) => ({ id: `chatcmpl-${nth}`, created: nth, model: 'm' });

function begin(response: ServerResponse, nth: number) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  return (delta: object, finish_reason: string | null = null) =>
    write(response, nth, { choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
}

const write = (response: ServerResponse, nth: number, fields: object) =>
  response.write(
    `data: ${JSON.stringify({ ...envelope(nth), object: 'chat.completion.chunk', ...fields })}\n\n`,
  );

function streamed(
  response: ServerResponse,
  parts: (string | ApiCall)[],
  nth: number,
  { stream_options }: ChatBody,
): void {
  const send = begin(response, nth);
  send({ role: 'assistant', content: '', refusal: null });
  let index = 0;
  for (const part of parts) {
    if (typeof part === 'string') send({ content: part });
    else {
      const { id, type, function: of } = callOf(part);
      send({ tool_calls: [{ index, id, type, function: { name: of.name, arguments: '' } }] });
      send({ tool_calls: [{ index, function: { arguments: of.arguments } }] });
      index += 1;
    }
  }
  send({}, index > 0 ? 'tool_calls' : 'stop');
  if (stream_options?.include_usage) write(response, nth, { choices: [], usage: USAGE });
  response.end('data: [DONE]\n\n');
}

function whole(response: ServerResponse, parts: (string | ApiCall)[], nth: number): void {
  const words = parts.filter((part) => typeof part === 'string').join('');
  const calls = parts.filter((part) => typeof part !== 'string').map(callOf);
  const message = {
    role: 'assistant',
    content: words || null,
    refusal: null,
    annotations: [],
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop';
  const choices = [{ index: 0, message, logprobs: null, finish_reason }];
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ ...envelope(nth), object: 'chat.completion', choices, usage: USAGE }),
  );
}

const callOf = ({ call_id: id, name, input }: ApiCall) => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(input) },
});

/** A Responses API that a test answers request by request. It streams as OpenAI's does. */
import type { ServerResponse } from 'node:http';
import type { ThreadItem } from '../../harness/model-proxy/responses/item.ts';
import { type PlayedApi, type ApiCall, startPlayedApi } from './played-api.ts';

export interface ResponsesBody {
  input: ThreadItem[];
  tools?: { name?: string }[];
  [field: string]: unknown;
}

export const startPlayedResponses = (): Promise<PlayedApi<ResponsesBody>> =>
  startPlayedApi<ResponsesBody>({
    answer,
    begin(response, text, nth) {
      const delta = { item_id: 'm', output_index: 0, delta: text };
      begin(response, nth).send('response.output_text.delta', delta);
    },
  });

function begin(response: ServerResponse, nth: number) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const id = `resp_${nth}`;
  let sequence = 0;
  const send = (type: string, fields: object) =>
    response.write(
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`,
    );
  send('response.created', { response: { id, status: 'in_progress', output: [] } });
  return { send, id };
}

function answer(response: ServerResponse, parts: (string | ApiCall)[], nth: number): void {
  const { send, id } = begin(response, nth);
  const output = parts.map((part, at) => itemOf(part, `${id}_${at}`));
  for (const [output_index, item] of output.entries()) {
    send('response.output_item.added', { output_index, item: { ...item, content: [] } });
    const of = { item_id: item.id, output_index };
    if (item.type === 'function_call') {
      send('response.function_call_arguments.delta', { ...of, delta: item.arguments });
    } else {
      send('response.output_text.delta', { ...of, content_index: 0, delta: parts[output_index] });
    }
    send('response.output_item.done', { output_index, item });
  }
  const usage = { input_tokens: 10, output_tokens: 2, total_tokens: 12 };
  send('response.completed', { response: { id, status: 'completed', output, usage } });
  response.end();
}

function itemOf(part: string | ApiCall, id: string): ThreadItem {
  if (typeof part !== 'string') {
    const { call_id, name, input } = part;
    const call = { call_id, name, arguments: JSON.stringify(input) };
    return { type: 'function_call', id: `fc_${call_id}`, ...call };
  }
  return {
    type: 'message',
    id: `msg_${id}`,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: part, annotations: [] }],
  };
}

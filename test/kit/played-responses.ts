/** A Responses API that a test answers request by request. It streams as OpenAI's does. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ThreadItem } from '../../harness/model-proxy/item.ts';
import { createMailbox } from './mailbox.ts';

export interface AskedResponses {
  path: string;
  headers: IncomingHttpHeaders;
  body: { input: ThreadItem[]; tools?: { name?: string }[]; [field: string]: unknown };
  /** Ends the answer with these items: a text is a message. */
  says(...items: (string | ThreadItem)[]): void;
  /** Says this, and breaks the connection. */
  breaksOff(text: string): void;
  refuses(status: number, body: unknown, headers?: Record<string, string>): void;
}

export interface PlayedResponses {
  /** With its version. */
  url: string;
  asked(this: void): Promise<AskedResponses>;
  close(): Promise<void>;
}

export async function startPlayedResponses(): Promise<PlayedResponses> {
  const mailbox = createMailbox<AskedResponses>('the model is asked');
  let count = 0;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      const id = `resp_${++count}`;
      mailbox.put({
        path: request.url!,
        headers: request.headers,
        body: text === '' ? { input: [] } : JSON.parse(text),
        says: (...items) => answer(response, id, items),
        breaksOff(said) {
          const { send } = begin(response, id);
          send('response.output_text.delta', { item_id: 'm', output_index: 0, delta: said });
          setImmediate(() => response.destroy());
        },
        refuses(status, body, headers = {}) {
          response.writeHead(status, { 'content-type': 'application/json', ...headers });
          response.end(JSON.stringify(body));
        },
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked: mailbox.take,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A function call of the model. */
export const functionCall = (
  name: string,
  input: unknown = {},
  call_id = 'call_1',
): ThreadItem => ({
  type: 'function_call',
  id: `fc_${call_id}`,
  call_id,
  name,
  arguments: JSON.stringify(input),
});

function begin(response: ServerResponse, id: string) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let sequence = 0;
  const send = (type: string, fields: object) =>
    response.write(
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`,
    );
  send('response.created', { response: { id, status: 'in_progress', output: [] } });
  return { send };
}

function answer(response: ServerResponse, id: string, given: (string | ThreadItem)[]): void {
  const { send } = begin(response, id);
  const output = given.map((item, nth): ThreadItem =>
    typeof item === 'string'
      ? {
          type: 'message',
          id: `msg_${id}_${nth}`,
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: item, annotations: [] }],
        }
      : item,
  );
  for (const [output_index, item] of output.entries()) {
    send('response.output_item.added', { output_index, item: { ...item, content: [] } });
    if (item.type === 'function_call') {
      const delta = { item_id: item.id, output_index, delta: item.arguments };
      send('response.function_call_arguments.delta', delta);
    } else if (typeof given[output_index] === 'string') {
      const delta = {
        item_id: item.id,
        output_index,
        content_index: 0,
        delta: given[output_index],
      };
      send('response.output_text.delta', delta);
    }
    send('response.output_item.done', { output_index, item });
  }
  const usage = { input_tokens: 10, output_tokens: 2, total_tokens: 12 };
  send('response.completed', { response: { id, status: 'completed', output, usage } });
  response.end();
}

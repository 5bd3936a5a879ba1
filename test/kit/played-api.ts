/** An API of OpenAI that a test answers request by request, in either of its forms. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMailbox } from './mailbox.ts';

/** A call that the model makes. */
export interface ApiCall {
  name: string;
  input: unknown;
  call_id: string;
}

export const functionCall = (name: string, input: unknown = {}, call_id = 'call_1'): ApiCall => ({
  name,
  input,
  call_id,
});

/** @param Body of a request */
export interface AskedApi<Body> {
  path: string;
  headers: IncomingHttpHeaders;
  body: Body;
  /** Ends the answer with these words and calls. */
  says(...parts: (string | ApiCall)[]): void;
  /** Says this, and breaks the connection. */
  breaksOff(text: string): void;
  refuses(status: number, body: unknown, headers?: Record<string, string>): void;
  /** Sends these bytes as a stream, and then breaks the connection if so wanted. */
  sends(bytes: string, options?: { breaks?: boolean }): void;
}

export interface PlayedApi<Body> {
  /** With its version. */
  url: string;
  asked(this: void): Promise<AskedApi<Body>>;
  close(): Promise<void>;
}

/** How an API writes an answer. */
export interface Pen<Body> {
  /** @param nth of the answer, from 1 */
  answer(response: ServerResponse, parts: (string | ApiCall)[], nth: number, body: Body): void;
  begin(response: ServerResponse, text: string, nth: number): void;
}

export async function startPlayedApi<Body>(pen: Pen<Body>): Promise<PlayedApi<Body>> {
  const mailbox = createMailbox<AskedApi<Body>>('the model is asked');
  let count = 0;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      const nth = ++count;
      const body = (text === '' ? {} : JSON.parse(text)) as Body;
      mailbox.put({
        path: request.url!,
        headers: request.headers,
        body,
        says: (...parts) => pen.answer(response, parts, nth, body),
        breaksOff(said) {
          pen.begin(response, said, nth);
          setImmediate(() => response.destroy());
        },
        refuses(status, refusal, headers = {}) {
          response.writeHead(status, { 'content-type': 'application/json', ...headers });
          response.end(JSON.stringify(refusal));
        },
        sends(bytes, { breaks = false } = {}) {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write(bytes);
          if (breaks) setImmediate(() => response.destroy());
          else response.end();
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

/** An HTTP server whose answers a test writes, one request after another. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HeardRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

export interface TestHttpServer {
  url: string;
  requests: HeardRequest[];
  close(): Promise<void>;
}

/** @param answer called with the number of the request, from 1 */
export async function startHttpServer(
  answer: (response: ServerResponse, nth: number, request: HeardRequest) => unknown,
): Promise<TestHttpServer> {
  const requests: HeardRequest[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.once('end', () => {
      const { method = '', url = '', headers } = request;
      const heard = { method, url, headers, body: text === '' ? undefined : JSON.parse(text) };
      requests.push(heard);
      answer(response, requests.length, heard);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

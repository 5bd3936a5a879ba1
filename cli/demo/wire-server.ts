/** The HTTP server of the demo model and the stub model: routes, bodies, errors and closed connections. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ZodError } from 'zod';
import { chatCompletion, chatStream, parseChat } from './wire-chat.ts';
import { parseResponses, responseBody, responsesStream } from './wire-responses.ts';
import { badRequest, type WireAnswer, WireError, type WireRequest } from './wire.ts';

export interface Exchange {
  request: WireRequest;
  /** The request's body as it was received. */
  body: unknown;
  headers: IncomingMessage['headers'];
  response: ServerResponse;
  /** Aborts when the client closes the connection before the answer is complete. */
  closed: AbortSignal;
  /** Sends the answer streamed or whole, as the request asks. */
  send(answer: WireAnswer): Promise<void>;
}

export interface WireServer {
  /** With `/v1`: the base URL of an OpenAI client. */
  url: string;
  close(): Promise<void>;
}

export async function startWireServer({
  port,
  host,
  models,
  answer,
}: {
  port: number;
  host: string;
  models: string[];
  answer: (exchange: Exchange) => Promise<void>;
}): Promise<WireServer> {
  const server = createServer((request, response) => {
    handle(request, response, models, answer).catch((error: unknown) => fail(response, error));
  });
  server.listen(port, host);
  await once(server, 'listening');
  const url = `http://${host}:${(server.address() as AddressInfo).port}/v1`;
  return {
    url,
    async close() {
      const closing = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closing;
    },
  };
}

async function handle(
  http: IncomingMessage,
  response: ServerResponse,
  models: string[],
  answer: (exchange: Exchange) => Promise<void>,
): Promise<void> {
  const route = `${http.method} ${http.url?.split('?')[0]}`;
  if (route === 'GET /v1/models') {
    const data = models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'meanwhile' }));
    return sendJson(response, 200, { object: 'list', data });
  }
  const closed = closedSignal(response);
  const exchange = { headers: http.headers, response, closed };
  if (route === 'POST /v1/chat/completions') {
    const body = await readJson(http);
    const request = parseChat(body);
    const send = (given: WireAnswer) =>
      request.stream
        ? sendFrames(response, chatStream(request, given), closed)
        : chatCompletion(request, given).then((whole) => sendJson(response, 200, whole));
    return answer({ ...exchange, body, request, send });
  }
  if (route === 'POST /v1/responses') {
    const body = await readJson(http);
    const request = parseResponses(body);
    const send = (given: WireAnswer) =>
      request.stream
        ? sendFrames(response, responsesStream(request, given), closed)
        : responseBody(request, given).then((whole) => sendJson(response, 200, whole));
    return answer({ ...exchange, body, request, send });
  }
  throw new WireError(404, `Unknown request URL: ${route}.`, 'unknown_url', null);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await text(request);
  try {
    return JSON.parse(body);
  } catch {
    throw badRequest('The body of the request is not valid JSON.', null);
  }
}

function closedSignal(response: ServerResponse): AbortSignal {
  const closed = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) closed.abort();
  });
  return closed.signal;
}

async function sendFrames(
  response: ServerResponse,
  frames: AsyncIterable<string>,
  closed: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for await (const frame of frames) {
    if (closed.aborted) return;
    response.write(frame);
  }
  response.end();
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function fail(response: ServerResponse, error: unknown): void {
  // The client has closed the connection.
  if (response.destroyed) return;
  // The status 200 has been sent, so the stream can only be broken off.
  if (response.headersSent) return void response.destroy();
  const wire = toWireError(error);
  sendJson(response, wire.status, wire.body());
}

function toWireError(error: unknown): WireError {
  if (error instanceof WireError) return error;
  const issue = error instanceof ZodError ? error.issues[0] : undefined;
  if (issue) return badRequest(`Invalid value: ${issue.message}`, issue.path.join('.'));
  return new WireError(500, `The server had an error: ${String(error)}`, 'server_error', null);
}

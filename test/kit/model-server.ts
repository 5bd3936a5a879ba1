/**
 * The one fake model of all tests: an OpenAI-compatible server whose behaviour is a function of the request. It checks what
 * it is sent as the demo model does, so a transcript that breaks R13 fails any test that uses it.
 */
import { once } from 'node:events';
import type { AskedCall } from '../../model/message.ts';
import type { Usage } from '../../contract/entry.ts';
import { paced } from '../../cli/demo/pace.ts';
import { estimateUsage, frame, type WireRequest } from '../../cli/demo/wire.ts';
import {
  type Exchange,
  sendJson,
  startWireServer,
  type WireServer,
} from '../../cli/demo/wire-server.ts';

export interface StubReply {
  /** An iterable is sent piece by piece, as it gives them: wait in it to hold an answer open in the middle. */
  text?: string | AsyncIterable<string>;
  calls?: AskedCall[];
  /** `none`: the server counts no tokens. Default: an estimate. */
  usage?: Usage | 'none';
  /** Between two words of a plain `text`. Default: 0. */
  delayMs?: number;
  /** Other than 200: an error in OpenAI's shape, with `text` as its message. */
  status?: number;
  /** Error code in the body of an error response. */
  code?: string;
  headers?: Record<string, string>;
  /** Frames of the stream as they are, JSON or not, in place of an answer. */
  chunks?: unknown[];
  /** Frames as they are given, each when it is: data, or `{ comment }`. */
  frames?: AsyncIterable<unknown>;
  /** Says nothing; after `chunks`, nothing more. Ends when the client goes. */
  hang?: boolean;
}

export interface StubRequest extends WireRequest {
  /** As it came over the wire. */
  body: unknown;
  headers: Record<string, string | string[] | undefined>;
  /** Aborts when the client closes the connection before the answer is complete. */
  closed: AbortSignal;
}

export interface StubModel extends WireServer {
  /** All so far, oldest first. */
  requests: StubRequest[];
  /** Resolves with the nth request, 1 is the first, when it has come. */
  request(nth: number): Promise<StubRequest>;
}

/** Hold an answer back by returning a promise. */
export type StubHandler = (request: StubRequest) => StubReply | Promise<StubReply>;

/** @param options.port Default: any free one. */
export async function startStubModel(
  handler: StubHandler,
  { port = 0 }: { port?: number } = {},
): Promise<StubModel> {
  const requests: StubRequest[] = [];
  const arrivals: Record<number, PromiseWithResolvers<StubRequest>> = {};
  const arrival = (nth: number) => (arrivals[nth] ??= Promise.withResolvers());

  const server = await startWireServer({
    port,
    host: '127.0.0.1',
    models: ['stub'],
    async answer(exchange) {
      const { body, headers, closed } = exchange;
      const request = { ...exchange.request, body, headers, closed };
      const nth = requests.push(request);
      arrival(nth).resolve(request);
      await send(exchange, await handler(request));
    },
  });
  return { ...server, requests, request: (nth) => arrival(nth).promise };
}

async function send(exchange: Exchange, reply: StubReply): Promise<void> {
  const { request, response, closed } = exchange;
  const { text = '', calls = [], status = 200, code = null, headers, chunks, hang, frames } = reply;
  if (status !== 200) {
    const error = { message: text, type: 'stub', param: null, code };
    return sendJson(response, status, { error }, headers);
  }
  if (chunks) {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    for (const chunk of chunks) response.write(frame(chunk));
  }
  if (frames) {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    for await (const each of frames) {
      const { comment } = each as { comment?: string };
      response.write(comment === undefined ? frame(each) : `${comment}\n\n`);
    }
    return void response.end();
  }
  if (hang) {
    if (!closed.aborted) await once(closed, 'abort');
  } else if (chunks) {
    response.end();
  } else {
    await exchange.send({
      text: typeof text === 'string' ? paced(text, reply.delayMs ?? 0, closed) : text,
      calls,
      usage: (said) => {
        if (reply.usage === 'none') return undefined;
        return reply.usage ?? estimateUsage(request, said, calls);
      },
    });
  }
}

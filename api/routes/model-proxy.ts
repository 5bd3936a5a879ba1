/**
 * OpenAI's APIs, for a harness that has its own model: it uses this as its base URL, and its model gets the tools of the service. The
 * harness sees text, and the calls of its own tools.
 */
import { pipeline } from 'node:stream/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { whyHostRefused } from '../../mcp/server/hosts.ts';
import { chat } from '../../harness/model-proxy/chat/wire.ts';
import type { OfferedFunction } from '../../harness/model-proxy/offered.ts';
import { BrokenStream, reply } from '../../harness/model-proxy/reply.ts';
import { responses } from '../../harness/model-proxy/responses/wire.ts';
import { read } from '../../harness/model-proxy/thread.ts';
import {
  answerOf,
  createUpstream,
  passedOn,
  UpstreamAway,
} from '../../harness/model-proxy/upstream.ts';
import type { Wire } from '../../harness/model-proxy/wire.ts';
import { ONE_RESULT } from '../../contract/result-count.ts';
import type { Hub } from '../../stream/hub.ts';
import type { Tool } from '../../tools/define.ts';
import { credentialOf } from '../authenticate.ts';
import type { Api, ApiParts } from '../dependencies.ts';
import { toProblem } from '../errors.ts';
import { openThread } from '../proxy-thread.ts';
import { Problem } from '../problems.ts';
import type { QuickCalls } from '../quick-calls.ts';
import { tenantOf } from '../tenant.ts';

/** Each request contains the whole thread, which is large if it has pictures. */
const MOST_BYTES = 64_000_000;

export function modelProxyRoutes(
  app: Api,
  dependencies: ApiParts,
  { hub, quick, closing }: { hub: Hub; quick: QuickCalls | undefined; closing: AbortSignal },
): void {
  const { catalogue, limits, mcp = {}, permits } = dependencies;
  if (!dependencies.upstream) return;
  const upstream = createUpstream(dependencies.upstream);
  app.addHook('onClose', () => upstream.close());

  const options = {
    bodyLimit: MOST_BYTES,
    config: { needs: ['read' as const, 'write' as const] },
    // OpenAI documents this API, so the OpenAPI document leaves it out.
    schema: { hide: true },
    onRequest: async (request: FastifyRequest, answer: FastifyReply) => {
      const { host, origin } = request.headers;
      const why = whyHostRefused({ host, origin }, mcp.hosts);
      if (why !== undefined) return answer.code(403).send(errorOf('invalid_request_error', why));
    },
    errorHandler: (error: unknown, request: FastifyRequest, answer: FastifyReply) => {
      const { status, message, code, retryAfter } =
        error instanceof UpstreamAway || error instanceof BrokenStream
          ? { status: 502, message: error.message, code: 'upstream_unavailable', retryAfter: 2 }
          : toProblem(error, request);
      if (status >= 500) request.log.error({ err: error }, message);
      if (retryAfter !== undefined) answer.header('retry-after', retryAfter);
      const type = status < 500 ? 'invalid_request_error' : 'server_error';
      void answer.code(status).send(errorOf(type, message, code));
    },
  };

  app.get('/openai/v1/models', options, async (request, answer) => {
    const headers = passedOn(request.headers);
    const sent = { method: 'GET' as const, headers, signal: closing };
    await pass(await upstream.send('/models', sent), answer);
  });

  serve(responses);
  serve(chat);
  catalogue.servers?.warmUp();

  function serve<Event>(wire: Wire<Event>): void {
    app.post(`/openai/v1${wire.path}`, options, async (request, answer) => {
      const body = bodyOf(request.body);
      const gone = new AbortController();
      answer.raw.once('close', () => gone.abort());
      const allowed = permits.whileAllowed(credentialOf(request), answer.raw);
      const signal = AbortSignal.any([gone.signal, closing, allowed]);
      const headers = passedOn(request.headers);
      const ask = (asked: Record<string, unknown>) =>
        upstream.send(wire.path, { method: 'POST', body: asked, headers, signal });

      const { thread: name, isAside } = read(body, request.headers);
      // A harness that does not name its threads gets no tools, and its requests are passed on.
      if (!name) return pass(await ask(body), answer);
      const why = wire.refuses(body);
      if (why !== undefined) throw new Problem('invalid_request', why);
      const parts = { ...dependencies, quick };
      const thread = openThread(parts, hub, { tenant: tenantOf(request), ...name }, signal);
      const answered = await reply(
        {
          wire,
          ask: async (asked) => answerOf(await ask(asked), wire),
          thread,
          offered: [...catalogue.tools.values()].map(functionOf),
          grace_ms: limits.grace_ms,
          most_rounds: limits.max_replies_per_turn,
        },
        body,
        isAside,
      );
      if (answered.refused) return pass(answered.refused, answer);
      if (body['stream'] === true) return stream(wire, answered.events, { request, answer });
      return whole(wire, answered.events, answer);
    });
  }
}

/** @throws Problem */
function bodyOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  throw new Problem('invalid_request', 'The body must be a JSON object.');
}

async function pass(response: Response, answer: FastifyReply): Promise<void> {
  answer.hijack();
  const { raw } = answer;
  const headers = PASSED_BACK.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  raw.writeHead(response.status, Object.fromEntries(headers));
  if (!response.body) return void raw.end();
  // If the body breaks off, the harness's response breaks off too.
  await pipeline(response.body, raw).catch(() => raw.destroy());
}

const PASSED_BACK = ['content-type', 'retry-after', 'x-request-id'];

async function stream<Event>(
  wire: Wire<Event>,
  events: AsyncIterable<Event>,
  { request, answer }: { request: FastifyRequest; answer: FastifyReply },
): Promise<void> {
  answer.hijack();
  const { raw } = answer;
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  try {
    for await (const event of events) raw.write(wire.frame(event));
    raw.end(wire.ending);
  } catch (error) {
    // The harness sees that the answer is incomplete, and retries.
    if (!raw.destroyed && !(error instanceof BrokenStream)) {
      request.log.error({ err: error }, 'An answer through the proxy was cut off.');
    }
    raw.destroy();
  }
}

/** Answers a harness that does not stream. */
async function whole<Event>(
  wire: Wire<Event>,
  events: AsyncIterable<Event>,
  answer: FastifyReply,
): Promise<unknown> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  const { status, body } = wire.whole(all);
  return answer.code(status).send(body);
}

const schemas = new WeakMap<Tool, Record<string, unknown>>();

function functionOf(tool: Tool): OfferedFunction {
  const { name, description, input, results = ONE_RESULT } = tool;
  let parameters = schemas.get(tool);
  if (!parameters) {
    const { $schema, ...schema } = z.toJSONSchema(input, { io: 'input' });
    parameters = { ...schema, type: 'object' };
    schemas.set(tool, parameters);
  }
  return { name, description, parameters, results };
}

/** The body of an error, as the API specifies it. */
const errorOf = (type: string, message: string, code: string | null = null) => ({
  error: { message, type, param: null, code },
});

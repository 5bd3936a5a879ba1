/** Sends one JSON-RPC message to the service's `/mcp`, and retries while the service does not answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { Agent, fetch } from 'undici';

export interface RpcMessage {
  jsonrpc?: unknown;
  id?: string | number | null;
  method?: string;
  params?: {
    name?: unknown;
    uri?: unknown;
    taskId?: unknown;
    requestId?: string | number;
    _meta?: Record<string, unknown>;
  };
  result?: unknown;
  error?: { code?: number; message?: string };
}

/** The service did not answer in time. */
export class ServiceAway extends Error {
  override name = 'ServiceAway';
}

/** No timeouts: the service decides how long a request takes, and a stream may be quiet for any length of time. */
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 2_000;

/**
 * Yields every message that the service answers with. A retry has the same idempotency key, so it has no second effect.
 * @param options.key the idempotency key
 * @param options.patience_ms how long to retry while the service does not answer
 * @throws ServiceAway
 */
export async function* forward(
  url: string,
  message: RpcMessage | RpcMessage[],
  {
    key,
    patience_ms,
    signal,
    apiKey,
    headers: further = {},
  }: {
    key: string;
    patience_ms: number;
    signal: AbortSignal;
    apiKey?: string | undefined;
    headers?: Record<string, string>;
  },
): AsyncGenerator<RpcMessage, void, void> {
  const headers = {
    ...further,
    ...headersOf(message),
    'idempotency-key': key,
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
  };
  let isAcknowledged = false;
  let began = performance.now();
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(LONGEST_DELAY_MS, delay * 2)) {
    try {
      for await (const each of send(url, message, headers, signal)) {
        // The service has answered, so the patience starts again.
        began = performance.now();
        delay = FIRST_DELAY_MS;
        const isAcknowledgement = each.method === 'notifications/subscriptions/acknowledged';
        if (!(isAcknowledgement && isAcknowledged)) yield each;
        isAcknowledged ||= isAcknowledgement;
        if ('result' in each || 'error' in each) return;
      }
      if (!Array.isArray(message) && message.id === undefined) return;
      throw new TypeError('The connection broke in the middle of the answer.');
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TypeError)) throw error;
      if (performance.now() - began + delay > patience_ms) {
        throw new ServiceAway(`No Meanwhile service answers at ${url}.`, { cause: error });
      }
    }
    await sleep(delay, undefined, { signal });
  }
}

/** @throws TypeError if the service cannot be reached, is not ready, or breaks the connection */
async function* send(
  url: string,
  message: RpcMessage | RpcMessage[],
  headers: Record<string, string>,
  signal: AbortSignal,
): AsyncGenerator<RpcMessage, void, void> {
  const body = JSON.stringify(message);
  const response = await fetch(url, { method: 'POST', headers, body, signal, dispatcher });
  if (response.status === 502 || response.status === 503 || response.status === 504) {
    await response.body?.cancel();
    throw new TypeError(`The service answered ${response.status}.`);
  }
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('text/event-stream')) return yield* events(response.body!);
  const text = await response.text();
  if (text === '') return;
  const answers = parse(text);
  const id = Array.isArray(message) ? null : (message.id ?? null);
  if (!answers) {
    const what = `${url} is not an MCP endpoint: it answered ${response.status}.`;
    yield { jsonrpc: '2.0', id, error: { code: -32_000, message: what } };
    return;
  }
  // An answer that refuses the request unread has no id.
  for (const answer of answers) yield { ...answer, id: answer.id ?? id };
}

async function* events(body: AsyncIterable<Uint8Array>): AsyncGenerator<RpcMessage, void, void> {
  const messages: RpcMessage[] = [];
  const parser = createParser({ onEvent: ({ data }) => data && messages.push(JSON.parse(data)) });
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* messages.splice(0);
  }
}

/** Since protocol version 2026-07-28, headers repeat the parts of the message that an HTTP proxy needs. */
function headersOf(message: RpcMessage | RpcMessage[]): Record<string, string> {
  const always = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  if (Array.isArray(message)) return always;
  const { method, params = {} } = message;
  const version = params._meta?.['io.modelcontextprotocol/protocolVersion'];
  if (typeof version !== 'string' || method === undefined) return always;
  const name = method.startsWith('tasks/') ? params.taskId : (params.name ?? params.uri);
  return {
    ...always,
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': name }),
  };
}

/** Undefined unless `text` is JSON-RPC. */
function parse(text: string): RpcMessage[] | undefined {
  try {
    const answers = [JSON.parse(text)].flat() as RpcMessage[];
    return answers.every(({ jsonrpc }) => jsonrpc === '2.0') ? answers : undefined;
  } catch {
    return undefined;
  }
}

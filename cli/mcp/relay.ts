/** Relays the MCP messages of a client's stdio to the service, one request for each. It knows only what is in flight. */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { forward, type RpcMessage, ServiceAway } from './forward.ts';

export interface RelayOptions {
  /** URL of the service's MCP endpoint. */
  url: string;
  /** Names the harness's thread. Default: the name that the harness gives it, if any. */
  thread?: string;
  input: Readable;
  output: Writable;
  /** Sent with every request. Default: none. */
  apiKey?: string | undefined;
  /** Reports a problem to a person, on standard error. */
  note: (line: string) => void;
  /** How long to wait for a service that does not answer: at the start, and later. Milliseconds. */
  patience?: { opening: number; working: number };
}

/**
 * A harness waits for the first answer before it starts, so a missing service is reported soon. Later the service may be restarting,
 * which takes some seconds.
 */
const PATIENCE = { opening: 5_000, working: 25_000 };
const OPENING = new Set(['initialize', 'server/discover', 'tools/list', 'ping']);

interface Pending {
  message: RpcMessage;
  /** Its idempotency key, which names it to the service. */
  key: string;
  headers: Record<string, string>;
  /** By the clock of `performance`. */
  since: number;
  /** Ends the wait for its answer. */
  abandon: AbortController;
}

/**
 * Resolves when the client has closed its end, and the service has heard of all cancels before that. Requests in flight are then
 * abandoned here, and continue in the service.
 */
export async function relay({
  url,
  thread,
  input,
  output,
  note,
  apiKey,
  patience = PATIENCE,
}: RelayOptions) {
  const inFlight = new Map<string | number, Pending>();
  const cancelling = new Set<Promise<void>>();
  const ended = new AbortController();
  let isReported = false;
  /** The harness's program. Older protocols say it only once. */
  let program: string | undefined;

  const write = (message: RpcMessage) => void output.write(`${JSON.stringify(message)}\n`);

  async function pass(message: RpcMessage | RpcMessage[]): Promise<void> {
    const { id, method = '' } = Array.isArray(message) ? {} : message;
    const key = randomUUID();
    const abandon = new AbortController();
    const headers = {
      ...(thread !== undefined && { 'meanwhile-thread': thread }),
      ...(program !== undefined && { 'meanwhile-client': program }),
    };
    if (id != null) {
      const since = performance.now();
      inFlight.set(id, { message: message as RpcMessage, key, headers, since, abandon });
    }
    const signal = AbortSignal.any([abandon.signal, ended.signal]);
    const patience_ms = OPENING.has(method) ? patience.opening : patience.working;
    try {
      const options = { key, patience_ms, signal, apiKey, headers };
      for await (const answer of forward(url, message, options)) write(answer);
      isReported = false;
    } catch (error) {
      if (signal.aborted) return;
      const why = reasonOf(error);
      if (!isReported) note(why);
      isReported = true;
      if (id != null) write(refusal(message as RpcMessage, why));
    } finally {
      if (id != null) inFlight.delete(id);
    }
  }

  /**
   * Tells the service that the client has cancelled a call: sends the request again with a header that says after how long. The service
   * decides whether that was a person, or the client's timeout.
   */
  async function cancel({ message, key, since, ...pending }: Pending): Promise<void> {
    const after_ms = Math.round(performance.now() - since);
    const headers = { ...pending.headers, 'meanwhile-cancelled-after': String(after_ms) };
    const patience_ms = patience.working;
    const signal = AbortSignal.timeout(patience_ms);
    try {
      const answers = forward(url, message, { key, patience_ms, signal, apiKey, headers });
      for await (const { result, error } of answers) {
        const failure = failureIn(result) ?? error?.message;
        if (failure !== undefined) note(`The cancel may have had no effect: ${failure}`);
      }
    } catch (error) {
      note(`The cancel may have had no effect: ${reasonOf(error)}`);
    }
  }

  function hearCancelled({ requestId }: { requestId?: string | number }): void {
    const pending = inFlight.get(requestId ?? '');
    if (!pending) return;
    pending.abandon.abort();
    if (pending.message.method !== 'tools/call') return;
    const sent = cancel(pending);
    cancelling.add(sent);
    void sent.finally(() => cancelling.delete(sent));
  }

  function receive(line: string): void {
    if (line.trim() === '') return;
    let message: RpcMessage | RpcMessage[];
    try {
      message = JSON.parse(line);
    } catch {
      write({
        jsonrpc: '2.0',
        id: null,
        error: { code: -32_700, message: 'The line is not valid JSON.' },
      });
      return;
    }
    const { method, params } = Array.isArray(message) ? {} : message;
    if (method === 'initialize') program = programIn(params);
    if (method === 'notifications/cancelled') return hearCancelled(params ?? {});
    void pass(message);
  }

  const lines = createInterface({ input, crlfDelay: Infinity });
  lines.on('line', receive);
  await new Promise<void>((resolve) => {
    lines.once('close', resolve);
    output.once('error', () => resolve());
  });
  ended.abort();
  await Promise.all(cancelling);
}

/** The text of a result that is an error. */
function failureIn(result: unknown): string | undefined {
  const { isError, content = [] } = (result ?? {}) as { isError?: boolean; content?: Block[] };
  return isError ? content.map(({ text = '' }) => text).join(' ') : undefined;
}

interface Block {
  text?: string;
}

/** The name of the client's program, with the characters that a header may have. */
function programIn(params: unknown): string | undefined {
  const { clientInfo } = (params ?? {}) as { clientInfo?: { name?: unknown } };
  const { name } = clientInfo ?? {};
  const text = typeof name === 'string' ? name.replaceAll(/[^\w. -]/g, '-').slice(0, 100) : '';
  return text.trim() === '' ? undefined : text;
}

const reasonOf = (error: unknown) =>
  error instanceof ServiceAway
    ? `${error.message} Start it with \`meanwhile start\`, or name its address with --url.`
    : `The relay failed: ${(error as Error).message}`;

/** An error; for a call of a tool, a result with the error, which the model reads in every harness. */
function refusal({ id, method, params }: RpcMessage, why: string): RpcMessage {
  if (method !== 'tools/call')
    return { jsonrpc: '2.0', id: id!, error: { code: -32_000, message: why } };
  const text = `${why} Calls that had begun continue when it is back; next_results then returns their results.`;
  const isModern = params?._meta?.['io.modelcontextprotocol/protocolVersion'] !== undefined;
  const result = {
    ...(isModern && { resultType: 'complete' }),
    content: [{ type: 'text', text }],
    isError: true,
  };
  return { jsonrpc: '2.0', id: id!, result };
}

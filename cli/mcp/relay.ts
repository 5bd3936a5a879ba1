/** Relays the MCP messages of a client's stdio to the service, one request for each, and keeps nothing. */
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
  /** For a person: standard error. */
  note: (line: string) => void;
  /** How long a service that does not answer is waited for. Milliseconds. */
  patience?: { opening: number; working: number };
}

/**
 * A harness waits for the first answer before it starts, so it is told soon that there is no service. Later the service may be
 * restarting, which takes some seconds.
 */
const PATIENCE = { opening: 5_000, working: 25_000 };
const OPENING = new Set(['initialize', 'server/discover', 'tools/list', 'ping']);

/** Resolves when the client has closed its end. What is in flight then is abandoned here, and goes on in the service. */
export async function relay({
  url,
  thread,
  input,
  output,
  note,
  apiKey,
  patience = PATIENCE,
}: RelayOptions) {
  const inFlight = new Map<string | number, AbortController>();
  const ended = new AbortController();
  let isTold = false;
  /** The harness's program. Older protocols say it only once. */
  let program: string | undefined;

  const write = (message: RpcMessage) => void output.write(`${JSON.stringify(message)}\n`);

  async function pass(message: RpcMessage | RpcMessage[]): Promise<void> {
    const { id, method = '' } = Array.isArray(message) ? {} : message;
    const own = new AbortController();
    if (id != null) inFlight.set(id, own);
    const signal = AbortSignal.any([own.signal, ended.signal]);
    const patience_ms = OPENING.has(method) ? patience.opening : patience.working;
    try {
      const says = {
        ...(thread !== undefined && { 'meanwhile-thread': thread }),
        ...(program !== undefined && { 'meanwhile-client': program }),
      };
      const options = { patience_ms, signal, apiKey, headers: says };
      for await (const answer of forward(url, message, options)) write(answer);
      isTold = false;
    } catch (error) {
      if (signal.aborted) return;
      const why = reasonOf(error);
      if (!isTold) note(why);
      isTold = true;
      if (id != null) write(refusal(message as RpcMessage, why));
    } finally {
      if (id != null) inFlight.delete(id);
    }
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
    if (method === 'notifications/cancelled') {
      // It ends the waiting, not the work: clients also send it when they time out.
      inFlight.get((params as { requestId?: string | number }).requestId ?? '')?.abort();
      return;
    }
    void pass(message);
  }

  const lines = createInterface({ input, crlfDelay: Infinity });
  lines.on('line', receive);
  await new Promise<void>((resolve) => {
    lines.once('close', resolve);
    output.once('error', () => resolve());
  });
  ended.abort();
}

/** As a header may have it. */
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

/** For a tool's call: a result, which the model reads in every harness. */
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

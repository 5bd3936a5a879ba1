/** Relays the MCP messages of a client's stdio to the service, one request for each, and keeps no state. */
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

/** Resolves when the client has closed its end. Requests in flight are then abandoned here, and continue in the service. */
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
  let isReported = false;
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
      const from = {
        ...(thread !== undefined && { 'meanwhile-thread': thread }),
        ...(program !== undefined && { 'meanwhile-client': program }),
      };
      const options = { patience_ms, signal, apiKey, headers: from };
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
      // This ends the wait and not the work: clients also send it when they time out.
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

/** The transport to a stdio server: starts its process and exchanges messages over its pipes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  deserializeMessage,
  type JSONRPCMessage,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio';
import { whyRefused } from '../../contract/json-value.ts';
import { createOutputEnds } from '../../tools/output-ends.ts';
import { readableLine } from '../../tools/lines.ts';
import type { StdioServer } from '../../tools/declared-server.ts';
import { createLines } from './lines.ts';

export interface StdioTransport extends Transport {
  /** The end of the server's stderr. */
  stderr(): string;
  /** The SDK recognises a stdio transport by `stderr` and `pid`. */
  readonly pid: number | undefined;
}

/**
 * @param marks environment variables, besides the declared ones, that mark the process. With them it gets a process group of its own,
 *   so that a signal to the client's group does not end it before the client has sent its cancellation. Without them it stays in the
 *   client's group and ends with it.
 */
export function stdioTransport(
  { command, args, env, cwd }: StdioServer,
  marks?: Record<string, string>,
): StdioTransport {
  const isLeader = marks !== undefined && process.platform !== 'win32';
  const errors = createOutputEnds(2_000);
  let child: ChildProcess | undefined;

  function take(transport: Transport, line: string): void {
    const message = messageIn(line);
    if (message) transport.onmessage?.(message);
  }

  const transport: StdioTransport = {
    stderr: () => errors.tail(),
    get pid() {
      return child?.pid;
    },
    async start() {
      const started = spawn(command, args, {
        cwd,
        // The service's own variables contain its secrets: the server sees only these.
        env: { ...getDefaultEnvironment(), ...env, ...marks },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: isLeader,
      });
      child = started;
      // If the server has ended, its `close` event reports it.
      started.stdin.on('error', () => {});
      const lines = createLines(MOST_BYTES, (line) => take(transport, line));
      started.stdout.on('data', (chunk: Buffer) => {
        if (!lines.add(chunk)) void transport.close();
      });
      let rest = '';
      started.stderr.setEncoding('utf8').on('data', (text: string) => {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop()!.slice(-4_000);
        for (const line of lines) errors.add(readableLine(line, 500));
      });
      await once(started, 'spawn');
      started.on('error', (error) => transport.onerror?.(error));
      started.once('close', () => transport.onclose?.());
    },
    async send(message: JSONRPCMessage) {
      const { stdin } = child!;
      if (!stdin?.writable) throw new Error('The server has ended.');
      if (!stdin.write(serializeMessage(message))) await once(stdin, 'drain');
    },
    async close() {
      if (!child || isOver(child)) return;
      const closed = once(child, 'close');
      child.stdin!.end();
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        const timer = setTimeout(() => end(child!, signal, isLeader), STOP_MS);
        const isClosed = await Promise.race([closed.then(() => true), after(STOP_MS + 500)]);
        clearTimeout(timer);
        if (isClosed) return;
      }
    },
  };
  return transport;
}

/** Undefined for a line that is not a message: some servers print other output to stdout. */
function messageIn(line: string): JSONRPCMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const why = whyRefused(value);
    return why === undefined ? deserializeMessage(line) : refusal(value, why);
  } catch {
    return undefined;
  }
}

/** An error response in place of an answer that cannot be read, since its request would otherwise wait forever. */
function refusal(value: unknown, why: string): JSONRPCMessage | undefined {
  const { id, method } = value as { id?: unknown; method?: unknown };
  if ((typeof id !== 'string' && typeof id !== 'number') || method !== undefined) return undefined;
  const error = { code: -32_603, message: `The answer of the server ${why}.` };
  return { jsonrpc: '2.0', id, error };
}

/** The largest result that is kept, with what JSON adds to it. */
const MOST_BYTES = 64_000_000;
/** How long a server has to end after its stdin is closed, and again after SIGTERM. */
const STOP_MS = 2_000;

const isOver = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

function end({ pid }: ChildProcess, signal: NodeJS.Signals, isLeader: boolean): void {
  try {
    process.kill(isLeader ? -pid! : pid!, signal);
  } catch {
    // It has just ended.
  }
}

const after = (ms: number) =>
  new Promise<false>((resolve) => setTimeout(() => resolve(false), ms).unref());

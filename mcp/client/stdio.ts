/** A stdio server in a process group of its own, so that a signal for the group of its client does not end it before it has been told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  type JSONRPCMessage,
  ReadBuffer,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio';
import { createOutputEnds } from '../../tools/output-ends.ts';
import { readableLine } from '../../tools/lines.ts';
import type { StdioServer } from './config.ts';

export interface StdioTransport extends Transport {
  /** The end of what the server wrote to stderr. */
  stderr(): string;
}

/** @param marks variables beyond the declared ones, by which the process is found again */
export function stdioTransport(
  { command, args, env, cwd }: StdioServer,
  marks: Record<string, string> = {},
): StdioTransport {
  const buffer = new ReadBuffer({ maxBufferSize: MOST_BYTES });
  const errors = createOutputEnds(2_000);
  let child: ChildProcess | undefined;

  function read(transport: Transport, chunk: Buffer): void {
    try {
      buffer.append(chunk);
    } catch (error) {
      transport.onerror?.(error as Error);
      void transport.close();
      return;
    }
    for (;;) {
      try {
        const message = buffer.readMessage();
        if (message === null) return;
        transport.onmessage?.(message);
      } catch (error) {
        transport.onerror?.(error as Error);
      }
    }
  }

  const transport: StdioTransport = {
    stderr: () => errors.tail(),
    async start() {
      const started = spawn(command, args, {
        cwd,
        // The service's own variables contain its secrets: the server sees only these.
        env: { ...getDefaultEnvironment(), ...env, ...marks },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: process.platform !== 'win32',
      });
      child = started;
      // Writing to a server that has gone is noticed by its `close`.
      started.stdin.on('error', () => {});
      started.stdout.on('data', (chunk: Buffer) => read(transport, chunk));
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
        const timer = setTimeout(() => signalGroup(child!, signal), STOP_MS);
        const isClosed = await Promise.race([closed.then(() => true), after(STOP_MS + 500)]);
        clearTimeout(timer);
        if (isClosed) return;
      }
    },
  };
  return transport;
}

/** As large as the largest result that is kept, and what JSON adds to that. */
const MOST_BYTES = 64_000_000;
/** How long a server has to end by itself, and again after SIGTERM. */
const STOP_MS = 2_000;

const isOver = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? child.pid! : -child.pid!, signal);
  } catch {
    // It has just ended.
  }
}

const after = (ms: number) =>
  new Promise<false>((resolve) => setTimeout(() => resolve(false), ms).unref());

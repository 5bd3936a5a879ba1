/** The messages between a worker and the host of a server: lines of JSON over a local socket. A call is identified by its folder. */
import type { Socket } from 'node:net';
import type { McpOutcome, McpReport, McpCallRequest } from '../../../tools/mcp-spool.ts';
import { createLines } from '../lines.ts';

export type ToHost =
  /** The first message of a connection. */
  | { kind: 'hello'; token: string }
  /** Makes the call, unless it was made already, and asks for all its reports from the first one. */
  | { kind: 'call'; folder: string; label: string; request: McpCallRequest }
  /** Stops the reports to this worker. The call continues. */
  | { kind: 'leave'; folder: string }
  | { kind: 'cancel'; folder: string }
  /** The worker shuts down. */
  | { kind: 'goodbye' };

export type FromHost =
  /** `offset`: 1 for the first report of a call. */
  | { kind: 'report'; folder: string; offset: number; report: McpReport }
  /** The call has ended. Without an outcome, it was lost. */
  | { kind: 'over'; folder: string; outcome?: McpOutcome };

/** Where a host listens, on 127.0.0.1. The file is in the host's folder, which other users cannot read. */
export interface HostAddress {
  port: number;
  token: string;
}

export const ADDRESS_FILE = 'host.json';

export function sendOn(socket: Socket, message: ToHost | FromHost): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** @param receive called with each message; a socket that sends anything but JSON is closed */
export function receiveOn(socket: Socket, receive: (message: unknown) => void): void {
  const lines = createLines(MOST_BYTES, (line) => {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      socket.destroy();
      return;
    }
    receive(message);
  });
  socket.setNoDelay(true);
  // A `close` event follows, which the users of the socket handle.
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    if (!lines.add(chunk)) socket.destroy();
  });
}

/** Larger than any outcome. */
const MOST_BYTES = 80_000_000;

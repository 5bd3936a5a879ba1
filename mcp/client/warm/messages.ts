/** What a worker and the host of a server say to each other: lines of JSON over a local socket. A call is named by its folder. */
import type { Socket } from 'node:net';
import type { McpOutcome, McpReport, McpCallRequest } from '../../../tools/mcp-spool.ts';
import { createLines } from '../lines.ts';

export type ToHost =
  /** Comes first. */
  | { kind: 'hello'; token: string }
  /** Makes the call, unless that has been done; and tells of it from its beginning. */
  | { kind: 'call'; folder: string; label: string; request: McpCallRequest }
  /** The call goes on, and nobody here listens. */
  | { kind: 'leave'; folder: string }
  | { kind: 'cancel'; folder: string }
  /** The worker shuts down. */
  | { kind: 'goodbye' };

export type FromHost =
  /** `offset`: 1 for the first report of a call. */
  | { kind: 'report'; folder: string; offset: number; report: McpReport }
  /** Without an outcome: the call ended before it had one. */
  | { kind: 'over'; folder: string; outcome?: McpOutcome };

/** Where a host listens: on this machine. In its folder, which others cannot read. */
export interface HostAddress {
  port: number;
  token: string;
}

export const ADDRESS_FILE = 'host.json';

export function sendOn(socket: Socket, message: ToHost | FromHost): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** @param hear called with each message; a socket that sends anything else is closed */
export function receiveOn(socket: Socket, hear: (message: unknown) => void): void {
  const lines = createLines(MOST_BYTES, (line) => {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      socket.destroy();
      return;
    }
    hear(message);
  });
  socket.setNoDelay(true);
  // Its `close` follows.
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    if (!lines.add(chunk)) socket.destroy();
  });
}

/** More than the largest outcome. */
const MOST_BYTES = 80_000_000;

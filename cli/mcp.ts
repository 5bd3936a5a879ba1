/** `meanwhile mcp`: the running service as an MCP server of stdio, for clients that start a program. */
import type { Settings } from '../config.ts';
import { relay } from './mcp/relay.ts';

/** @param url that of the service; default: the address in the settings */
export async function mcp({ HOST, PORT }: Settings, url?: string): Promise<void> {
  const host = HOST === '0.0.0.0' || HOST === '::' ? 'localhost' : HOST;
  const base = (url ?? `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`).replace(
    /\/+$/,
    '',
  );
  await relay({
    url: base.endsWith('/mcp') ? base : `${base}/mcp`,
    input: process.stdin,
    output: process.stdout,
    note: (line) => console.error(line),
  });
  // Requests that were abandoned may hold sockets open.
  process.exit(0);
}

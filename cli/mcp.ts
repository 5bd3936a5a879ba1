/** `meanwhile mcp`: the running service as an MCP server of stdio, for clients that start a program. */
import type { Settings } from '../config.ts';
import { relay } from './mcp/relay.ts';

/**
 * @param options.url that of the service; default: the address in the settings
 * @param options.serves default: the agents
 */
export async function mcp(
  { HOST, PORT, MEANWHILE_API_KEY: apiKey }: Settings,
  { url, serves }: { url?: string; serves?: 'tools' },
): Promise<void> {
  const host = HOST === '0.0.0.0' || HOST === '::' ? 'localhost' : HOST;
  const here = `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`;
  const base = (url ?? here).replace(/\/+$/, '').replace(/\/mcp$/, '');
  await relay({
    url: `${base}/mcp${serves === 'tools' ? '/tools' : ''}`,
    apiKey,
    input: process.stdin,
    output: process.stdout,
    note: (line) => console.error(line),
  });
  // Requests that were abandoned may hold sockets open.
  process.exit(0);
}

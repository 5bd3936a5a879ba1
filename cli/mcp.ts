/** `meanwhile mcp`: the running service as an MCP server of stdio, for clients that start a program. */
import type { Settings } from '../config.ts';
import { relay } from './mcp/relay.ts';
import { serviceUrl } from './service-url.ts';

/**
 * @param options.url that of the service; default: the address in the settings
 * @param options.serves default: the agents
 */
export async function mcp(
  settings: Settings,
  { url, serves }: { url?: string; serves?: 'tools' },
): Promise<void> {
  const base = (url ?? serviceUrl(settings)).replace(/\/+$/, '').replace(/\/mcp$/, '');
  await relay({
    url: `${base}/mcp${serves === 'tools' ? '/tools' : ''}`,
    apiKey: settings.MEANWHILE_API_KEY,
    input: process.stdin,
    output: process.stdout,
    note: (line) => console.error(line),
  });
  // Requests that were abandoned may hold sockets open.
  process.exit(0);
}

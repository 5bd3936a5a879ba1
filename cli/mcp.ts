/** `meanwhile mcp`: the running service in a harness: a relay for those that start a program, and what installs and lists. */
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Meanwhile } from '../client/meanwhile.ts';
import { allVariables, type Settings } from '../config.ts';
import type { McpCommand } from './mcp/arguments.ts';
import { listCalls } from './mcp/calls.ts';
import { askPerson, install } from './mcp/install.ts';
import { NotDeclared, proxyPath } from './mcp/proxy.ts';
import { relay } from './mcp/relay.ts';
import { serviceUrl } from './service-url.ts';

export async function mcp(settings: Settings, command: McpCommand): Promise<void> {
  const base = (command.url ?? serviceUrl(settings)).replace(/\/+$/, '').replace(/\/mcp$/, '');
  const apiKey = settings.MEANWHILE_API_KEY;
  switch (command.does) {
    case 'relay':
      return relayTo(`${base}/mcp${command.serves === 'tools' ? '/tools' : ''}`, apiKey);
    case 'proxy': {
      const place = { cwd: process.cwd(), variables: allVariables() };
      try {
        const path = await proxyPath(base, command.target, { place, apiKey });
        return await relayTo(`${base}${path}`, apiKey);
      } catch (error) {
        if (!(error instanceof NotDeclared)) throw error;
        return fail(error.message);
      }
    }
    case 'calls':
      try {
        const lines = await listCalls(
          new Meanwhile({ baseURL: base, maxRetries: 1, ...(apiKey !== undefined && { apiKey }) }),
        );
        console.log(lines.join('\n'));
        return;
      } catch (error) {
        return fail(`${base} does not answer: ${(error as Error).message}`);
      }
    case 'install': {
      const own = fileURLToPath(new URL('meanwhile.js', import.meta.url));
      process.exitCode = await install({
        ...command,
        command: [process.execPath, own, 'mcp', ...command.args],
        place: { home: homedir(), platform: process.platform, variables: allVariables() },
        say: (line) => console.log(line),
        ...(process.stdin.isTTY && { ask: askPerson }),
      });
    }
  }
}

async function relayTo(url: string, apiKey: string | undefined): Promise<void> {
  await relay({
    url,
    apiKey,
    // As long as the harness that has started this process: its calls share a conversation.
    thread: randomUUID(),
    input: process.stdin,
    output: process.stdout,
    note: (line) => console.error(line),
  });
  // Requests that were abandoned may hold sockets open.
  process.exit(0);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}

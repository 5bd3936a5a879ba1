/** `meanwhile mcp`: connects a harness to the running service, adds the service to a harness's configuration, and lists calls. */
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Meanwhile } from '../client/meanwhile.ts';
import { serviceUrl } from '../contract/service-url.ts';
import { allVariables, type Settings } from '../config.ts';
import { failedRequest } from './failed-request.ts';
import type { McpCommand } from './mcp/arguments.ts';
import { listCalls } from './mcp/calls.ts';
import { askPerson, install } from './mcp/install.ts';
import { NotDeclared, proxyPath } from './mcp/proxy.ts';
import { relay } from './mcp/relay.ts';
import { report } from './run-service.ts';

export async function mcp(settings: Settings, command: McpCommand): Promise<void> {
  const own = serviceUrl(settings.HOST, settings.PORT);
  const base = (command.url ?? own).replace(/\/+$/, '').replace(/\/mcp$/, '');
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
        return report(error);
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
        return report(failedRequest(error, base, 'name another with --url'));
      }
    case 'install': {
      const program = fileURLToPath(new URL('meanwhile.js', import.meta.url));
      process.exitCode = await install({
        ...command,
        command: [process.execPath, program, 'mcp', ...command.args],
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
    // One for the life of this process, which is that of its harness: its calls share a conversation.
    thread: randomUUID(),
    input: process.stdin,
    output: process.stdout,
    note: (line) => console.error(line),
  });
  // Aborted requests may hold sockets open.
  process.exit(0);
}

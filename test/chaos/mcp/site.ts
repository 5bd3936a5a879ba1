/** What a run with MCP has besides the service: servers with tools, and proxies that harnesses start. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { usualOrFreePort } from '../../../cli/ports.ts';
import type { UpstreamLine } from '../evidence.ts';
import type { Member, Process } from '../supervise.ts';
import { linesIn } from './upstream-ledger.ts';
import { UPSTREAM_SERVERS, type UpstreamServer } from './upstream-tools.ts';

export interface McpSite {
  /** Settings of every process of the service. */
  environment: Record<string, string>;
  /** The server at a URL, which is started again when it dies. The one that is a program is started by the service. */
  upstream: Member;
  /**
   * A proxy in front of a server, as a harness starts it: with pipes for its standard input and output.
   * @param isAtOnce of the service that is one process
   */
  openProxy(server: UpstreamServer, isAtOnce: boolean): ChildProcess;
  /** Of the proxies that live. */
  proxies(): number[];
  ledger(): UpstreamLine[];
  stop(): Promise<void>;
}

export interface SiteOptions {
  /** Gets mcp.json, ledgers and logs. */
  folder: string;
  /** MEANWHILE_HOME: marks processes as those of the run. */
  home: string;
  /** Environment of proxies. */
  environment: NodeJS.ProcessEnv;
  /** URL of the API. */
  apiUrl: string;
  /** URL of the service that is one process. */
  serviceUrl: string;
  member(name: string, start: () => Promise<Process>): Member;
}

const HOST = '127.0.0.1';
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const UPSTREAM = path('upstream.ts');
const MAIN = path('../../../cli/meanwhile.js');

/** A call that takes longer than this is suspended. Milliseconds. */
const GRACE_MS = '500';

export async function openSite(options: SiteOptions): Promise<McpSite> {
  const { folder, home, environment, member } = options;
  const port = await usualOrFreePort('', { usual: 0, host: HOST, log: () => {} });
  // In the home folder: their command lines mark them as processes of the run.
  const ledgerOf = (server: UpstreamServer) => join(home, `${server}.jsonl`);
  const file = join(folder, 'mcp.json');
  const url = `http://${HOST}:${port}/mcp`;
  const shop = [UPSTREAM, 'stdio', 'shop', ledgerOf('shop')];
  const mcpServers: Record<UpstreamServer, object> = {
    shop: { command: process.execPath, args: shop },
    plant: { type: 'http', url },
    kiosk: { type: 'http', url, meanwhile: { session: 'own' } },
  };
  await writeFile(file, JSON.stringify({ mcpServers }, undefined, 2));

  const upstream = member('upstream', async () => {
    const child = spawn(process.execPath, [UPSTREAM, String(port), 'plant', ledgerOf('plant')], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    keep(child, join(folder, 'upstream.log'));
    const ready = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    return { pid: child.pid!, ready, died: once(child, 'exit') };
  });

  const proxies = new Set<ChildProcess>();
  return {
    environment: {
      MEANWHILE_MCP: file,
      MEANWHILE_ALLOW_PRIVATE_URLS: 'true',
      MEANWHILE_GRACE_MS: GRACE_MS,
    },
    upstream,
    openProxy(server, isAtOnce) {
      const url = isAtOnce ? options.serviceUrl : options.apiUrl;
      const args = [MAIN, 'mcp', 'proxy', '--service', url, '--name', server];
      const child = spawn(process.execPath, args, {
        cwd: home,
        env: { ...environment, MEANWHILE_HOME: home },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      child.stderr.pipe(createWriteStream(join(folder, 'proxies.log'), { flags: 'a' }));
      proxies.add(child);
      child.once('exit', () => proxies.delete(child));
      return child;
    },
    proxies: () => [...proxies].flatMap(({ pid }) => pid ?? []),
    ledger: () => UPSTREAM_SERVERS.flatMap((server) => linesIn(ledgerOf(server))),
    async stop() {
      for (const proxy of proxies) proxy.kill('SIGKILL');
      await upstream.stop();
    },
  };
}

function keep({ stdout, stderr }: ChildProcess, file: string): void {
  const kept = createWriteStream(file, { flags: 'a' });
  for (const output of [stdout, stderr]) output?.pipe(kept, { end: false });
}

/** MCP servers for tests: the test server of this folder, and the public one that shows everything. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { StdioServer } from '../../../tools/declared-server.ts';
import { removeFolder } from '../remove-folder.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const SERVER = path('server.ts');
const OLD_SERVER = path('old-server.ts');
const EVERYTHING = path(
  '../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
);

export const testServer = (ledger = '/dev/null'): StdioServer => program(SERVER, 'stdio', ledger);
/** Of protocol 2025-11-25, with its tasks. */
export const oldServer = (ledger = '/dev/null'): StdioServer =>
  program(OLD_SERVER, 'stdio', ledger);
export const everything = (): StdioServer => program(EVERYTHING, 'stdio');

const program = (...args: string[]): StdioServer => ({
  type: 'stdio',
  command: process.execPath,
  args,
  env: {},
  cwd: tmpdir(),
});

export interface McpLedger {
  path: string;
  lines(): Promise<string[]>;
  /** The lines, which are gone then. */
  take(): Promise<string[]>;
}

/** Where the test server notes what it does. */
export async function createLedger(): Promise<McpLedger> {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-mcp-'));
  onTestFinished(() => removeFolder(folder));
  return ledgerAt(join(folder, 'ledger'));
}

export function ledgerAt(file: string): McpLedger {
  const lines = async () =>
    (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  return {
    path: file,
    lines,
    async take() {
      const all = await lines();
      await writeFile(file, '');
      return all;
    },
  };
}

export interface HttpTestServer {
  url: string;
  port: number;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** @param port 0: any free one */
export async function startHttpServer(
  ledger = '/dev/null',
  port = 0,
  which: 'server' | 'old-server' = 'server',
): Promise<HttpTestServer> {
  const file = which === 'server' ? SERVER : OLD_SERVER;
  const child = spawn(process.execPath, [file, String(port), ledger], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const own = Number(String(chunk));
  return {
    url: `http://127.0.0.1:${own}/mcp`,
    port: own,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

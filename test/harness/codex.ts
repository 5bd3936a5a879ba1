/** A folder with Codex's configuration and work, for a Codex that uses a scripted model. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

export interface CodexHome {
  folder: string;
  /** Where it works, and its environment. */
  options: { cwd: string; env: NodeJS.ProcessEnv };
  /** Runs one turn to its end. @returns what it said, and then its notes */
  exec(program: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

export interface CodexSettings {
  /** Of its model, with its version. */
  baseURL: string;
  /** Lines about our MCP server. */
  server?: string;
}

export async function codexHome({ baseURL, server }: CodexSettings): Promise<CodexHome> {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-codex-'));
  await mkdir(join(folder, 'work'));
  const config = `
model = "scripted"
model_provider = "scripted"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.scripted]
name = "scripted"
base_url = "${baseURL}"
wire_api = "responses"
${server === undefined ? '' : `[mcp_servers.meanwhile]\n${STARTUP}${server}`}
`;
  await writeFile(join(folder, 'config.toml'), config);
  const env = { ...process.env, HOME: folder, CODEX_HOME: folder };
  const options = { cwd: join(folder, 'work'), env };
  return {
    folder,
    options,
    async exec(program, ...args) {
      const running = promisify(execFile)(program, ['exec', '--skip-git-repo-check', ...args], {
        ...options,
        maxBuffer: 50_000_000,
      });
      running.child.stdin?.end();
      const { stdout, stderr } = await running;
      return stdout + stderr;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Without it, the first turn goes on without the tools if the relay takes 10 s to start. */
const STARTUP = 'startup_timeout_sec = 120\n';

const RELAY = fileURLToPath(new URL('../../cli/meanwhile.js', import.meta.url));

/** The relay as an MCP server. @param args `tools`, or none for the agents */
export const relayTo = (url: string, ...args: string[]): string =>
  `command = "${process.execPath}"\nargs = ${JSON.stringify([RELAY, 'mcp', ...args, '--url', url])}\n`;

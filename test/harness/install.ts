/** The harnesses that people use, as npm has them. Each is large and changes often, so none of them is a dependency. */
import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HARNESSES = {
  claude: { name: '@anthropic-ai/claude-code', version: '2.1.332' },
  codex: { name: '@openai/codex', version: '0.171.0' },
  'mcp-inspector': { name: '@modelcontextprotocol/inspector', version: '2.12.0' },
  opencode: { name: 'opencode-ai', version: '1.18.33' },
} as const;

const CACHE = fileURLToPath(
  new URL('../../node_modules/.cache/meanwhile/harness', import.meta.url),
);

/** Installs it on first use, beside this project's own packages. @returns the path of its program */
export async function installHarness(program: keyof typeof HARNESSES): Promise<string> {
  const { name, version } = HARNESSES[program];
  const folder = join(CACHE, `${program}-${version}`);
  const path = join(folder, 'node_modules', '.bin', program);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) return path;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const options = ['--no-audit', '--no-fund', '--save-exact'];
  await promisify(execFile)('npm', ['install', ...options, `${name}@${version}`], { cwd: folder });
  return path;
}

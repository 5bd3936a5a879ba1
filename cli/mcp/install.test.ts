import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { CLIENTS, type ClientName } from './clients.ts';
import { install } from './install.ts';

const COMMAND: [string, ...string[]] = ['/bin/node', '/opt/meanwhile.js', 'mcp', 'tools'];

async function rig(client: ClientName, text?: string) {
  const home = await mkdtemp(join(tmpdir(), 'meanwhile-install-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const place = { home, platform: 'linux' as const, variables: {} };
  const file = CLIENTS[client].file(place);
  mkdirSync(dirname(file), { recursive: true });
  if (text !== undefined) await writeFile(file, text);
  const said: string[] = [];
  const run = (more: { print?: boolean; answer?: string; yes?: boolean } = {}) =>
    install({
      client,
      name: 'meanwhile',
      command: COMMAND,
      print: more.print ?? false,
      yes: more.yes ?? false,
      place,
      say: (line) => said.push(line),
      ...(more.answer !== undefined && { ask: async () => more.answer! }),
    });
  const read = () => readFile(file, 'utf8');
  return { run, read, said, file };
}

test.each<[ClientName, string, unknown]>([
  [
    'claude',
    'mcpServers',
    { type: 'stdio', command: '/bin/node', args: COMMAND.slice(1), env: {} },
  ],
  ['cursor', 'mcpServers', { command: '/bin/node', args: COMMAND.slice(1) }],
  ['vscode', 'servers', { type: 'stdio', command: '/bin/node', args: COMMAND.slice(1) }],
  ['opencode', 'mcp', { type: 'local', command: COMMAND, enabled: true }],
])('%s gets an entry, and its other settings stay', async (client, group, entry) => {
  const { run, read } = await rig(client, JSON.stringify({ theme: 'dark', [group]: { other: 1 } }));
  expect(await run({ answer: 'y' })).toBe(0);
  expect(JSON.parse(await read())).toEqual({
    theme: 'dark',
    [group]: { other: 1, meanwhile: entry },
  });
});

test('codex gets a table, and the one of an earlier install is replaced', async () => {
  const table =
    '[mcp_servers.meanwhile]\ncommand = "/bin/node"\nargs = ["/opt/meanwhile.js", "mcp", "tools"]\n';
  const { run, read } = await rig('codex', 'model = "x" # mine\n');
  expect(await run({ yes: true })).toBe(0);
  expect(await read()).toBe(`model = "x" # mine\n\n${table}`);
  const old = `a = 1\n\n[mcp_servers.meanwhile]\ncommand = "old"\n\n[mcp_servers.meanwhile.env]\nK = "v"\n\n[other]\nb = 2\n`;
  const again = await rig('codex', old);
  expect(await again.run({ yes: true })).toBe(0);
  expect(await again.read()).toBe(`a = 1\n\n${table}\n[other]\nb = 2\n`);
});

test('an install shows the change, asks, and keeps a backup', async () => {
  const { run, read, said, file } = await rig('cursor', '{\n  "mcpServers": {}\n}\n');
  expect(await run({ answer: 'n' })).toBe(1);
  expect(await read()).toBe('{\n  "mcpServers": {}\n}\n');
  expect(said.join('\n')).toContain('+     "meanwhile": {');
  expect(await run({ answer: 'yes' })).toBe(0);
  const names = await readdir(dirname(file));
  const backup = names.find((name) => name.endsWith('.bak'))!;
  expect(await readFile(join(dirname(file), backup), 'utf8')).toBe('{\n  "mcpServers": {}\n}\n');
  expect(await run({ answer: 'yes' }), 'the same entry again').toBe(0);
  expect(said.at(-1)).toContain('already has this entry');
});

test('nothing is written with --print, or without a terminal to ask on', async () => {
  const { run, read, said } = await rig('cursor', '{}');
  expect(await run({ print: true })).toBe(0);
  expect(await run()).toBe(1);
  expect(said.at(-1)).toContain('--yes');
  expect(await read()).toBe('{}');
});

test.each([
  ['a file with comments', '{ // mine\n}'],
  ['a file that is null', 'null'],
  ['a file whose servers are a list', '{"servers":[]}'],
])('%s is left as it is, and the entry is shown', async (_, text) => {
  const { run, read, said } = await rig('vscode', text);
  expect(await run({ yes: true })).toBe(1);
  expect(said[0]).toMatch(/left as it is\. Add this by hand:[^]*"meanwhile"/);
  expect(await read()).toBe(text);
});

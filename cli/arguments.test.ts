import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

test.each([
  ['start', { kind: 'start' }],
  ['demo', { kind: 'demo' }],
  ['doctor', { kind: 'doctor' }],
  ['api', { kind: 'api' }],
  ['worker', { kind: 'worker' }],
  ['mcp', { kind: 'mcp', does: 'relay', serves: 'agents' }],
  ['mcp tools', { kind: 'mcp', does: 'relay', serves: 'tools' }],
  [
    'mcp tools --url http://localhost:1',
    { kind: 'mcp', does: 'relay', serves: 'tools', url: 'http://localhost:1' },
  ],
  ['chat', { kind: 'chat' }],
  ['chat conv_1 --json', { kind: 'chat', id: 'conv_1', json: true }],
  [
    'chat --agent helper --key k --url http://a.test',
    { kind: 'chat', agent: 'helper', key: 'k', url: 'http://a.test' },
  ],
  ['promote 1.4.2', { kind: 'promote', build: '1.4.2' }],
  [
    'mcp --url https://agents.example/mcp',
    { kind: 'mcp', does: 'relay', serves: 'agents', url: 'https://agents.example/mcp' },
  ],
  ['mcp calls', { kind: 'mcp', does: 'calls' }],
  ['mcp proxy', { kind: 'mcp', does: 'proxy', target: { kind: 'all' } }],
  ['mcp proxy --name a', { kind: 'mcp', does: 'proxy', target: { kind: 'known', name: 'a' } }],
  [
    'mcp proxy --env KEY --env A=1 --service http://localhost:1 -- npx -y @scope/server-x@1.2 --flag',
    {
      kind: 'mcp',
      url: 'http://localhost:1',
      does: 'proxy',
      target: {
        kind: 'command',
        name: 'server-x',
        argv: ['npx', '-y', '@scope/server-x@1.2', '--flag'],
        env: ['KEY', 'A=1'],
      },
    },
  ],
  [
    'mcp proxy --url https://a.example/mcp --header A:b',
    {
      kind: 'mcp',
      does: 'proxy',
      target: {
        kind: 'url',
        name: 'a.example',
        url: 'https://a.example/mcp',
        headers: { A: 'b' },
      },
    },
  ],
  [
    'mcp install codex --print',
    {
      kind: 'mcp',
      does: 'install',
      client: 'codex',
      name: 'meanwhile',
      args: ['tools'],
      print: true,
      yes: false,
    },
  ],
  [
    'mcp install claude --env KEY -- npx server-x',
    {
      kind: 'mcp',
      does: 'install',
      client: 'claude',
      name: 'server-x',
      args: ['proxy', '--name', 'server-x', '--env', 'KEY', '--', 'npx', 'server-x'],
      print: false,
      yes: false,
    },
  ],
  ['mcp --help', { kind: 'help', of: 'mcp' }],
  ['explain conv_1', { kind: 'explain', id: 'conv_1' }],
  ['--help', { kind: 'help' }],
  ['-h', { kind: 'help' }],
  ['archive a.jsonl.gz.sealed', { kind: 'archive', file: 'a.jsonl.gz.sealed' }],
  ['start --help', { kind: 'help' }],
  ['api --help', { kind: 'help', of: 'api' }],
  ['worker -h', { kind: 'help', of: 'worker' }],
  ['--version', { kind: 'version' }],
])('%s', (line, command) => {
  expect(readArguments(line.split(' '))).toEqual(command);
});

test.each([
  [
    'keys create --name web',
    { action: 'create', name: 'web', scopes: ['read', 'write'], test: false },
  ],
  [
    'keys create --name cron --tenant acme --scopes admin,read --test --expires 30d',
    {
      action: 'create',
      name: 'cron',
      tenant: 'acme',
      scopes: ['read', 'admin'],
      test: true,
      expires_in_s: 2_592_000,
    },
  ],
  ['keys list', { action: 'list' }],
  ['keys list --tenant acme', { action: 'list', tenant: 'acme' }],
  ['keys rotate key_1', { action: 'rotate', id: 'key_1', overlap_s: 86_400 }],
  ['keys rotate key_1 --overlap 0', { action: 'rotate', id: 'key_1', overlap_s: 0 }],
  ['keys revoke key_1', { action: 'revoke', id: 'key_1' }],
])('%s is read', (line, task) => {
  expect(readArguments(line.split(' '))).toEqual({ kind: 'keys', ...task });
});

test.each([
  ['', 'Missing command.'],
  ['archive', 'Missing file of the archive.'],
  ['archive a b', 'Unexpected argument "b".'],
  ['keys', 'Missing action: keys create, list, rotate or revoke.'],
  ['keys make', 'Unknown action "make"'],
  ['keys create', 'Missing option --name.'],
  ['keys create web', 'Unexpected argument "web".'],
  ['keys create --name web --scopes all', '--scopes is not valid'],
  ['keys create --name web --tenant A/B', '--tenant is not valid'],
  ['keys create --name web --expires 30', '--expires must be like 30d, 12h, 15m or 90s, not "30".'],
  ['keys create --name web --overlap 1d', 'Unexpected option --overlap.'],
  ['keys revoke', 'Missing key id.'],
  ['keys revoke web', 'The key id is not valid'],
  ['start --tenant acme', 'Unexpected option --tenant.'],
  ['mcp --url localhost:3000', '--url must begin with http:// or https://, not "localhost:3000".'],
  ['mcp here', 'Unexpected argument "here".'],
  ['chat --url here', '--url must begin with http:// or https://, not "here".'],
  ['chat conv_1 conv_2', 'Unexpected argument "conv_2".'],
  ['chat conv_1 --agent helper', 'A conversation keeps its agent'],
  ['start --json', 'Unexpected option --json.'],
  ['start --url http://localhost', 'Unexpected option --url.'],
  ['mcp tools --name a', 'Unexpected option --name.'],
  ['mcp --service here', '--service must begin with http:// or https://, not "here".'],
  ['mcp calls -- a', 'Unexpected argument "a".'],
  ['mcp proxy --url http://a -- b', 'A server has either a command or --url, not both.'],
  ['mcp proxy --env 1 -- b', '--env must be NAME or NAME=VALUE, not "1".'],
  ['mcp proxy --header A:b -- c', '--header is for a server with --url.'],
  ['mcp proxy --env A --url http://a', '--env is for a server with a command.'],
  ['mcp proxy --name a --env A', '--env is for a server with a command.'],
  ['mcp install', 'Name the client: codex, claude, cursor, vscode, opencode.'],
  ['mcp install emacs', 'Name the client: codex'],
  ['mcp install codex --env A', '--env is for a server with a command.'],
  ['mcp install codex --env 1 -- b', '--env must be NAME or NAME=VALUE, not "1".'],
  ['mcp install codex agents -- b', 'Unexpected argument "agents".'],
  ['mcp proxy --name ../x', '--name must have letters'],
  ['explain', 'Missing conversation id.'],
  ['promote', 'Missing build id.'],
  ['promote one two', 'Unexpected argument "two".'],
  ['explain conv_1 conv_2', 'Unexpected argument "conv_2".'],
  ['strat', 'Unknown command "strat".'],
  ['expain conv_1', 'Unknown command "expain".'],
  ['start now please', 'Unexpected argument "now please".'],
  ['start --port=1', "Unknown option '--port'"],
  ['--help=yes', "Option '-h, --help' does not take an argument"],
])('"%s" is refused with a reason', (line, message) => {
  expect(readArguments(line.split(' ').filter(Boolean))).toEqual({
    kind: 'wrong',
    message: expect.stringContaining(message) as string,
  });
});

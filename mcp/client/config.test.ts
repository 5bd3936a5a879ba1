import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { McpConfigError, readServers } from './config.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'meanwhile-mcp-'))));
afterAll(() => rm(folder, { recursive: true }));

async function read(
  content: unknown,
  environment: Record<string, string | undefined> = {},
  allowPrivateUrls = false,
) {
  const file = join(folder, 'mcp.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readServers(file, { environment, allowPrivateUrls });
}

const problemOf = (content: unknown, environment = {}) =>
  read(content, environment).then(
    () => 'nothing is wrong',
    (error: Error) => {
      expect(error).toBeInstanceOf(McpConfigError);
      return error.message.replaceAll(`${join(folder, 'mcp.json')}: `, '');
    },
  );

test('both kinds of server are read, and their variables are substituted', async () => {
  const servers = await read(
    {
      mcpServers: {
        files: {
          command: 'npx',
          args: ['-y', 'server-${KIND:-files}'],
          env: { KEY: '${SECRET}' },
          cwd: 'sub',
          autoApprove: ['a field of another client'],
          meanwhile: { timeout_ms: 1_000, tools: { read: { approval: true } } },
        },
        web: {
          type: 'http',
          url: 'https://${HOST}/mcp',
          headers: { Authorization: 'Bearer ${SECRET}' },
        },
        old: { command: 'gone', disabled: true },
      },
      inputs: [],
    },
    { SECRET: 'xyz', HOST: 'mcp.example.com' },
  );
  expect(servers).toEqual([
    {
      name: 'files',
      transport: {
        type: 'stdio',
        command: 'npx',
        args: ['-y', 'server-files'],
        env: { KEY: 'xyz' },
        cwd: join(folder, 'sub'),
      },
      settings: {
        session: 'warm',
        approve_changes: false,
        timeout_ms: 1_000,
        tools: { read: { approval: true } },
      },
    },
    {
      name: 'web',
      transport: {
        type: 'http',
        url: 'https://mcp.example.com/mcp',
        headers: { Authorization: 'Bearer xyz' },
      },
      settings: { session: 'warm', approve_changes: false, tools: {} },
    },
  ]);
});

test('a url alone is an HTTP server', async () => {
  const [server] = await read({ mcpServers: { web: { url: 'https://mcp.example.com/mcp' } } });
  expect(server!.transport.type).toBe('http');
});

const withServer = (server: object) => ({ mcpServers: { one: server } });
const command = 'true';

test.each([
  ['invalid JSON', '{', /^is not valid JSON/],
  ['no servers', {}, 'mcpServers: must be an object with a field for each server.'],
  ['neither command nor url', withServer({}), /^mcpServers\.one\.command: /],
  [
    'the old transport',
    withServer({ type: 'sse', url: 'https://a.example' }),
    /^mcpServers\.one\.type: must be stdio .* sse is not supported/,
  ],
  [
    'an argument that is not a string',
    withServer({ command, args: [1] }),
    /^mcpServers\.one\.args\.0: /,
  ],
  [
    'a variable that is not set',
    withServer({ command, env: { K: 'a ${NOPE} b' } }),
    'mcpServers.one.env.K: ${NOPE} is not set in the environment.',
  ],
  [
    'a misspelt field of ours',
    withServer({ command, meanwhile: { timeout: 5 } }),
    /^mcpServers\.one\.meanwhile: .*timeout/,
  ],
  [
    'a wrong value for a tool',
    withServer({ command, meanwhile: { tools: { a: { awaits: 'me' } } } }),
    "mcpServers.one.meanwhile.tools.a.awaits: must be 'prompt' or 'managed'.",
  ],
  [
    'a private address',
    withServer({ url: 'http://10.0.0.1/mcp' }),
    /^mcpServers\.one\.url: must not be on a private/,
  ],
  [
    'a shared HTTP server',
    withServer({ url: 'https://a.example', meanwhile: { session: 'shared' } }),
    /^mcpServers\.one\.meanwhile\.session: /,
  ],
])('%s is an error that names its place', async (_, content, expected) => {
  const problem = await problemOf(content);
  if (typeof expected === 'string') expect(problem).toBe(expected);
  else expect(problem).toMatch(expected);
});

test('all errors are reported at once, without a secret', async () => {
  const problem = await problemOf(
    {
      mcpServers: {
        one: { command, env: { K: '${NOPE}' } },
        two: { url: 'http://${SECRET}/', headers: { Authorization: '${NOPE}' } },
      },
    },
    { SECRET: 'hush hush' },
  );
  expect(problem.split('\n')).toHaveLength(2);
  expect(problem).not.toContain('hush');
});

test('a missing file is an error', async () => {
  const reading = readServers(join(folder, 'nowhere.json'), {
    environment: {},
    allowPrivateUrls: false,
  });
  await expect(reading).rejects.toThrow(/nowhere\.json: cannot be read/);
});

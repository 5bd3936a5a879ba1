import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import type { Tool } from '../../tools/define.ts';
import { createLedger, testServer } from '../../test/kit/mcp/servers.ts';
import { openMcpCatalogue } from './catalogue.ts';
import type { McpServer } from './config.ts';

const settings = { session: 'own' as const, approve_changes: false, tools: {} };
const own = {
  tools: new Map<string, Tool>([
    ['mine', { name: 'mine', description: 'Mine.', input: z.object({}), run: async () => null }],
  ]),
  agents: new Map(),
};

async function homeFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-home-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'mcp-tools.json');
}

async function open(servers: McpServer[], knownFile: string) {
  const lines: string[] = [];
  const catalogue = await openMcpCatalogue(own, {
    servers,
    spoolRoot: join(dirname(knownFile), 'spool'),
    declaredFile: join(dirname(knownFile), 'declared.json'),
    knownFile,
    allowPrivateUrls: true,
    log: (line) => lines.push(line),
    timing: { retry_ms: 50, longest_retry_ms: 200 },
  });
  onTestFinished(() => catalogue.close());
  return { catalogue, lines };
}

const names = ({ tools }: { tools: ReadonlyMap<string, Tool> }) => [...tools.keys()];
const until = { timeout: 20_000 };

test('the tools of servers come after the others, in the order of the file, and follow changes', async () => {
  const ledger = await createLedger();
  const servers = ['a', 'b'].map((name) => ({
    name,
    transport: testServer(ledger.path),
    settings,
  }));
  const { catalogue } = await open(servers, await homeFile());
  expect(names(catalogue)).toEqual(['mine']);
  expect(catalogue.servers.status()).toMatchObject([
    { status: 'starting' },
    { status: 'starting' },
  ]);
  const firstLetters = () => [...new Set(names(catalogue).map((name) => name[0]))];
  await expect.poll(firstLetters, until).toEqual(['m', 'a', 'b']);
  const before = catalogue.tools.get('a__steps');

  await appendFile(ledger.path, 'grow\n');
  await expect.poll(() => names(catalogue), until).toContain('a__grown');
  await expect.poll(() => names(catalogue), until).toContain('b__grown');
  // Callers cache what they derive from the object.
  expect(catalogue.tools.get('a__steps')).toBe(before);
});

test('a server that is down delays nothing, is reported, and offers its tools when it comes back', async () => {
  const ledger = await createLedger();
  const broken = join(await mkdtemp(join(tmpdir(), 'meanwhile-mcp-')), 'server.mjs');
  await writeFile(broken, 'console.error("not yet"); process.exit(1);');
  const transport = { ...testServer(ledger.path), args: [broken] };
  const { catalogue, lines } = await open(
    [
      { name: 'late', transport, settings },
      { name: 'good', transport: testServer(ledger.path), settings },
    ],
    await homeFile(),
  );
  await expect.poll(() => names(catalogue), until).toContain('good__steps');
  await expect
    .poll(() => catalogue.servers.status()[0], until)
    .toMatchObject({ status: 'down', why: expect.stringContaining('not yet'), tools: 0 });
  expect(lines.filter((line) => line.includes('late cannot be reached'))).toHaveLength(1);
  const { args } = testServer(ledger.path);
  await writeFile(
    broken,
    `process.argv.splice(2, 0, ${JSON.stringify(args.slice(1)).slice(1, -1)}); await import(${JSON.stringify(args[0])});`,
  );
  await expect.poll(() => names(catalogue), until).toContain('late__steps');
  expect(catalogue.servers.status()[0]).toMatchObject({ status: 'ready' });
  // In the order of the file, whichever server answered first.
  expect(names(catalogue).findIndex((name) => name.startsWith('late'))).toBe(1);
});

test('a tool from an earlier start is found for its calls, but not offered until its server answers', async () => {
  const ledger = await createLedger();
  const file = await homeFile();
  const server = { name: 'test', transport: testServer(ledger.path), settings };
  const first = await open([server], file);
  await expect.poll(() => names(first.catalogue), until).toContain('test__steps');
  await first.catalogue.close();

  const gone = { ...server, transport: { ...server.transport, command: '/nowhere/at/all' } };
  const { catalogue } = await open([gone], file);
  expect(names(catalogue)).toEqual(['mine']);
  expect(await catalogue.servers.find('test__steps', 0)).toMatchObject({
    name: 'test__steps',
    keeps: true,
  });
  expect(await catalogue.servers.find('test__unheard_of', 20_000)).toBeUndefined();
  expect(catalogue.servers.owns('test__unheard_of')).toBe(true);
  expect(catalogue.servers.owns('mine')).toBe(false);
});

test('a server that changes the declaration of a tool is reported', async () => {
  const ledger = await createLedger();
  const file = await homeFile();
  const first = { steps: 'the fingerprint of another description' };
  await writeFile(file, JSON.stringify({ test: { tools: [], first } }));
  const transport = testServer(ledger.path);
  const careful = { ...settings, approve_changes: true };
  const { catalogue, lines } = await open([{ name: 'test', transport, settings: careful }], file);
  await expect.poll(() => names(catalogue), until).toContain('test__steps');
  expect(lines).toContain(
    'The MCP server test has changed the definition of its tool test__steps.',
  );
  expect(catalogue.tools.get('test__steps')).toMatchObject({
    approval: { question: expect.stringContaining('has changed') },
  });
  expect(catalogue.tools.get('test__fails')).not.toHaveProperty('approval');
});

test('a server that a proxy has declared is its tenant’s alone, also after a restart', async () => {
  const transport = testServer();
  const home = await homeFile();
  const first = await open([], home);
  const declare = (tenant: string) =>
    first.catalogue.servers.declare({ tenant, name: 'test', transport });
  const [mine, theirs] = [await declare('acme'), await declare('globex')];
  expect(mine).not.toBe(theirs);
  async function check({ servers }: typeof first.catalogue) {
    const offered = (name: string, tenant: string) =>
      servers.offers(name, { tenant, patience_ms: 20_000 });
    const [tool] = (await offered(mine, 'acme'))!;
    const { name } = tool!;
    expect(await servers.find(name, 0, 'acme')).toBe(tool);
    expect(await servers.find(name, 0, 'globex')).toBeUndefined();
    // A call that was requested before continues.
    expect(await servers.find(name, 0)).toBe(tool);
    expect(await offered(mine, 'globex')).toBeUndefined();
    expect(await offered(theirs, 'acme')).toBeUndefined();
    expect(servers.status('acme').map(({ name }) => name)).toEqual([mine]);
    expect(servers.status()).toEqual([]);
  }
  await check(first.catalogue);
  await first.catalogue.close();
  await check((await open([], home)).catalogue);
});

test('two proxies that declare the same server at once both find it', async () => {
  const { servers } = (await open([], await homeFile())).catalogue;
  const given = { tenant: 'acme', name: 'test', transport: testServer() };
  const first = servers.declare(given);
  const second = await servers.declare(given);
  expect(await servers.offers(second, { tenant: 'acme', patience_ms: 20_000 })).not.toHaveLength(0);
  expect(await first).toBe(second);
  expect(servers.status('acme')).toHaveLength(1);
});

test('a declaration that could not be stored is made by the next attempt', async () => {
  const home = await homeFile();
  const { servers } = (await open([], home)).catalogue;
  const given = { tenant: 'acme', name: 'test', transport: testServer() };
  const inTheWay = join(dirname(home), 'declared.json');
  await mkdir(inTheWay);
  await expect(servers.declare(given)).rejects.toThrow('declared.json');
  await rm(inTheWay, { recursive: true });
  const name = await servers.declare(given);
  expect(await servers.offers(name, { tenant: 'acme', patience_ms: 20_000 })).not.toHaveLength(0);
});

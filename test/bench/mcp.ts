/**
 * What the proxy adds to a call of an MCP server, and how soon a result that comes later is told. Harness, proxy and upstream server are
 * processes of their own that talk over stdio, as a harness starts them; the service runs as its users start it. No model is asked.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { percentile } from './figures.ts';
import { type BenchServers, onGround } from './ground.ts';

export const mcpHelp = `npm run bench -- mcp [--calls 200] [--events 30]
  What the proxy adds to a short call of an MCP server, against the server directly; and from an event of
  the server to the harness.`;

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const UPSTREAM = fileURLToPath(new URL('mcp-upstream.ts', import.meta.url));
/** Calls that are made first and not counted: code is compiled, and connections are opened. */
const WARM_UP = 30;

export function mcp(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      calls: { type: 'string', default: '200' },
      events: { type: 'string', default: '30' },
    },
  });
  return onGround((ground) => measure(ground, Number(values.calls), Number(values.events)));
}

async function measure(ground: BenchServers, calls: number, events: number): Promise<object> {
  const file = join(ground.home, 'mcp.json');
  const server = { command: process.execPath, args: [UPSTREAM] };
  await writeFile(file, JSON.stringify({ mcpServers: { bench: server } }));
  const { base } = await ground.service('http://127.0.0.1:1/v1', { MEANWHILE_MCP: file });

  const direct = await harness([UPSTREAM]);
  const proxied = await harness([MAIN, 'mcp', 'tools', '--url', base]);
  try {
    await untilOffered(proxied, 'bench__echo');
    const alone = await timed(direct, 'echo', calls);
    const through = await timed(proxied, 'bench__echo', calls);
    const pushed = await eventTimes(proxied, events);
    const direct_p50_ms = percentile(alone, 50);
    const proxied_p50_ms = percentile(through, 50);
    return {
      bench: 'mcp',
      calls,
      direct_p50_ms: round(direct_p50_ms),
      proxied_p50_ms: round(proxied_p50_ms),
      added_p50_ms: round(proxied_p50_ms - direct_p50_ms),
      proxied_p95_ms: round(percentile(through, 95)),
      event_to_push_p50_ms: round(percentile(pushed, 50)),
    };
  } finally {
    await Promise.all([direct.close(), proxied.close()]);
  }
}

/** The client that a harness has, and the program that it has started. */
async function harness(args: string[]): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1' });
  const environment = { PATH: process.env['PATH']! };
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args,
      env: environment,
      stderr: 'ignore',
    }),
  );
  return client;
}

async function timed(client: Client, name: string, times: number): Promise<number[]> {
  const all: number[] = [];
  for (let nth = -WARM_UP; nth < times; nth += 1) {
    const began = performance.now();
    await answer(client, { name, input: { words: `hello ${nth}!` }, wanted: `hello ${nth}!` });
    if (nth >= 0) all.push(performance.now() - began);
  }
  return all;
}

/** Each call is suspended; its server then sends a result with the time, while the harness waits for it. */
async function eventTimes(client: Client, times: number): Promise<number[]> {
  const all: number[] = [];
  for (let nth = 0; nth < times; nth += 1) {
    const mark = `event ${nth} sent at `;
    const input = { ms: 4_000, mark };
    const text = await answer(client, { name: 'bench__later', input, wanted: mark });
    all.push(Date.now() - Number(text.split(mark)[1]!.slice(0, 13)));
  }
  return all;
}

/** What has the result of a call in it. A harness without tasks may have to ask again for it. */
async function answer(
  client: Client,
  { name, input, wanted }: { name: string; input: Record<string, unknown>; wanted: string },
): Promise<string> {
  // Each call of a harness has an id, by which a repeat is recognised.
  const _meta = { callId: `${name} ${wanted}`, threadId: 'bench' };
  let text = wordsOf(await client.callTool({ name, arguments: input, _meta }, LONG));
  while (!text.includes(wanted)) {
    const next = /next_results\((.*?)\)/.exec(text)?.[1];
    if (next === undefined) throw new Error(`A call was answered with: ${text}`);
    const given = { name: 'next_results', arguments: JSON.parse(next) };
    text = wordsOf(await client.callTool(given, LONG));
  }
  return text;
}

const LONG = { timeout: 60_000 };

const wordsOf = ({ content }: { content?: unknown }) =>
  (content as { text: string }[]).map(({ text }) => text).join('\n');

async function untilOffered(client: Client, name: string): Promise<void> {
  for (const giveUp = Date.now() + 60_000; Date.now() < giveUp;) {
    const { tools } = await client.listTools(undefined, { cacheMode: 'refresh' });
    if (tools.some((tool) => tool.name === name)) return;
  }
  throw new Error(`${name} is not offered.`);
}

const round = (ms: number) => Math.round(10 * ms) / 10;

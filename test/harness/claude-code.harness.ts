/** The real Claude Code in a terminal, with a scripted model of its own, and our service as its MCP server. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import { installHarness } from './install.ts';
import { startMessagesApi } from './messages-api.ts';
import type { ScriptedApi } from './script.ts';
import { openTerminal, type Terminal } from '../kit/terminal.ts';

const stage = useStage({ MEANWHILE_GRACE_MS: '100', PORT: String(await getPort()) });
const KEY = 'sk-ant-made-up-0123456789';

let program: string;
let folder: string;
let api: ScriptedApi;
let gates: Gates;
let terminal: Terminal | undefined;
beforeAll(async () => {
  program = await installHarness('claude');
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-claude-'));
  api = await startMessagesApi();
  const { url } = stage.service;
  const server = { type: 'http', url: `${url}/mcp` };
  await mkdir(join(folder, 'work'));
  await writeFile(join(folder, 'mcp.json'), JSON.stringify({ mcpServers: { meanwhile: server } }));
  // As after a first start that a person has led through.
  const known = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
  const state = {
    hasCompletedOnboarding: true,
    theme: 'dark',
    customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
    projects: { [join(folder, 'work')]: known },
  };
  await writeFile(join(folder, '.claude.json'), JSON.stringify(state));
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') {
    console.error(await terminal?.screen(), api.heard);
  }
  await terminal?.close();
  await gates?.close();
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(more: string[] = [], env: Record<string, string> = {}): Promise<Terminal> {
  const options = ['--strict-mcp-config', '--mcp-config', join(folder, 'mcp.json')];
  terminal = await openTerminal(
    [program, ...options, '--allowedTools', 'mcp__meanwhile', ...more],
    {
      cwd: join(folder, 'work'),
      env: {
        HOME: folder,
        ANTHROPIC_BASE_URL: api.url,
        ANTHROPIC_API_KEY: KEY,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
        ...env,
      },
    },
  );
  await terminal.shows('❯');
  return terminal;
}

/** It starts before it has connected to its MCP servers. */
async function startWithTools(more: string[] = [], env: Record<string, string> = {}) {
  const claude = await start(more, env);
  for (let nth = 1; ; nth += 1) {
    await claude.type(`are you ready, ${nth}?`);
    await claude.shows(`Heard: are you ready, ${nth}?`);
    if (api.offered.some((name) => name.endsWith('ask_default'))) return claude;
  }
}

const told = (what: string) => api.heard.filter((news) => news.includes(what));

test('the user talks on while a question is worked on, and its end wakes the model, though the service and Claude Code are killed', async () => {
  const { model, service } = stage;
  gates = await startGates();
  let claude = await startWithTools();
  await claude.type('use ask_default {"text":"Go through the gates."}');
  (await model.asked()).says('On my way.', asks('relay', { gates: gates.url }));
  expect(await gates.reached()).toBe('1');
  await claude.shows('1 MCP task');
  await claude.type('what is a signal?');
  await claude.shows('Heard: what is a signal?');

  await service.kill9();
  await service.start();
  expect(await gates.reached()).toBe('1');
  await claude.kill9();
  await claude.close();
  claude = await start(['--continue']);

  gates.open('1');
  gates.open('2');
  (await model.asked()).says('Through both.');
  await claude.shows(/Heard: .*Through both\./s);
  expect(told('Through both.')).toHaveLength(1);
  const { conversations } = await service.client.get('/v1/conversations');
  expect(conversations).toHaveLength(1);
});

test('each result of one conversation wakes the model, once', async () => {
  const { model } = stage;
  gates = await startGates();
  // The scripted model does not search for tools.
  const claude = await startWithTools([], { ENABLE_TOOL_SEARCH: 'false' });
  await claude.type('use start_conversation {"text":"Go through the gates."}');
  (await model.asked()).says('On my way.', asks('relay', { gates: gates.url }));
  await claude.shows('1 MCP task');
  gates.open('1');
  (await model.asked()).says('Through the first.');
  await gates.reached();
  await claude.type('what is a signal?');
  await claude.shows('Heard: what is a signal?');
  gates.open('2');
  (await model.asked()).says('Through the second.');
  await claude.shows('The agent is at rest');
  for (const result of ['On my way.', 'Through the first.', 'Through the second.']) {
    expect(told(`] ${result}`), result).toHaveLength(1);
  }
});

test('a call that needs approval is shown to the user, whose yes lets it run', async () => {
  const { model } = stage;
  gates = await startGates();
  const claude = await startWithTools();
  await claude.type('use ask_default {"text":"Pay."}');
  (await model.asked()).says('I have to ask.', asks('pays', { amount: 5 }));
  await claude.shows(/May it pay\?\s+pays \{"amount":5\}/);
  for (const key of ['Space', 'Down', 'Down', 'Enter']) await claude.key(key);
  (await model.asked()).says('Paid.');
  await claude.shows(/Heard: .*Paid\./s);
});

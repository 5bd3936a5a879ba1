/** The real opencode with one change: the base URL of its model is the service. Its model is scripted, and speaks Chat Completions. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { useProxiedStage } from '../kit/proxied-stage.ts';
import { startChatApi } from './chat-api.ts';
import { installHarness } from './install.ts';

const api = await startChatApi();
const { stage, gates } = await useProxiedStage(api, '/v1');

let program: string;
let folder: string;
beforeAll(async () => {
  program = await installHarness('opencode');
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-opencode-'));
  await mkdir(join(folder, 'work'));
  await mkdir(join(folder, '.config/opencode'), { recursive: true });
  const provider = {
    npm: '@ai-sdk/openai-compatible',
    options: { baseURL: `${stage.service.url}/openai/v1`, apiKey: 'any' },
    models: { m: {} },
  };
  const config = {
    ...{ autoupdate: false, share: 'disabled', model: 'scripted/m', small_model: 'scripted/m' },
    provider: { scripted: provider },
  };
  await writeFile(join(folder, '.config/opencode/opencode.json'), JSON.stringify(config));
});
afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.error(api.heard);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs one turn to its end. As an argument, the prompt would be put between quotes. */
async function opencode(prompt: string, ...args: string[]): Promise<string> {
  const running = promisify(execFile)(program, ['run', ...args], {
    cwd: join(folder, 'work'),
    env: {
      ...{ PATH: process.env['PATH'], HOME: folder, OPENCODE_DISABLE_MODELS_FETCH: '1' },
      ...{ OPENCODE_DISABLE_DEFAULT_PLUGINS: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' },
    },
  });
  running.child.stdin?.end(prompt);
  const { stdout } = await running;
  return stdout;
}

const told = (what: string) => api.heard.filter((news) => news.includes(what));

test('opencode talks on while a call runs, and is told of each result once, though the service is killed; it sees words only', async () => {
  const { service } = stage;
  const first = await opencode(`use relay {"gates":"${gates.url}"}`);
  expect(first).toContain('Heard: Suspended as call_');
  expect(await gates.reached()).toBe('1');
  expect(await opencode('what is a signal?', '--continue')).toContain('what is a signal?');

  await service.kill9();
  await service.start();
  expect(await gates.reached()).toBe('1');
  gates.open('1');
  expect(await gates.reached()).toBe('2');
  await expect.poll(results, { timeout: 60_000 }).toBe(1);
  expect(await opencode('and now?', '--continue')).toMatch(/Heard: \[result \d+\] relay call_/);
  gates.open('2');
  await expect.poll(results, { timeout: 60_000 }).toBe(3);
  expect(await opencode('and now?', '--continue')).toContain('its last: through');
  expect(await opencode('thanks', '--continue')).toContain('thanks');

  expect(told('its last: through')).toHaveLength(1);
  const { conversations } = await service.client.get('/v1/conversations');
  expect(conversations).toMatchObject([
    { agent: 'client:opencode', calls: [{ tool: 'relay', status: 'completed' }] },
  ]);
});

/** How many results the log has. */
async function results(): Promise<number> {
  const { client } = stage.service;
  const { conversations } = await client.get('/v1/conversations');
  const { entries } = await client.get(
    `/v1/conversations/${conversations[0].id}/entries?kind=call.event&kind=call.completed`,
  );
  return entries.length;
}

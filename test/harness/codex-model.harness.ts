/** The real Codex with one change: the base URL of its model is the service. Its model is scripted. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useProxiedStage } from '../kit/proxied-stage.ts';
import { type CodexHome, codexHome } from './codex.ts';
import { installHarness } from './install.ts';
import { startResponsesApi } from './responses-api.ts';

const api = await startResponsesApi();
const { stage, gates } = await useProxiedStage(api, '/v1');

let program: string;
let home: CodexHome;
beforeAll(async () => {
  program = await installHarness('codex');
  home = await codexHome({ baseURL: `${stage.service.url}/openai/v1` });
});
afterAll(async () => {
  await home.remove();
});

const codex = (...args: string[]) => home.exec(program, ...args);

const told = (what: string) => api.heard.filter((news) => news.includes(what));

async function rollouts(): Promise<string> {
  const sessions = join(home.folder, 'sessions');
  const files = await readdir(sessions, { recursive: true });
  const logs = files.filter((file) => file.endsWith('.jsonl'));
  const texts = await Promise.all(logs.map((file) => readFile(join(sessions, file), 'utf8')));
  return texts.join('\n');
}

test('Codex talks on while a call runs, and is told of each result once, though the service is killed; it sees words only', async () => {
  const { service } = stage;
  const first = await codex(`use relay {"gates":"${gates.url}"}`);
  expect(first).toContain('Heard: Suspended as call_');
  expect(await gates.reached()).toBe('1');
  expect(await codex('resume', '--last', 'what is a signal?')).toContain(
    'Heard: what is a signal?',
  );

  await service.kill9();
  await service.start();
  expect(await gates.reached()).toBe('1');
  gates.open('1');
  expect(await gates.reached()).toBe('2');
  await expect.poll(() => resultsIn(service), { timeout: 60_000 }).toBe(1);
  expect(await codex('resume', '--last', 'and now?')).toMatch(/Heard: \[result \d+\] relay call_/);
  gates.open('2');
  await expect.poll(() => resultsIn(service), { timeout: 60_000 }).toBe(3);
  expect(await codex('resume', '--last', 'and now?')).toContain('its last: through');
  expect(await codex('resume', '--last', 'thanks')).toContain('Heard: thanks');

  expect(told('its last: through')).toHaveLength(1);
  const { conversations } = await service.client.get('/v1/conversations');
  expect(conversations).toMatchObject([
    { agent: 'client:codex', calls: [{ tool: 'relay', status: 'completed' }] },
  ]);
  expect(await rollouts()).not.toContain('"function_call"');
});

/** How many results the log has. */
async function resultsIn({ client }: typeof stage.service): Promise<number> {
  const { conversations } = await client.get('/v1/conversations');
  const { entries } = await client.get(
    `/v1/conversations/${conversations[0].id}/entries?kind=call.event&kind=call.completed`,
  );
  return entries.length;
}

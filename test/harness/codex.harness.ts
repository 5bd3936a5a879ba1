/** The real Codex, with a scripted model of its own, and our service as its MCP server: over HTTP, and through the relay. */
import getPort from 'get-port';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import { type CodexHome, codexHome, relayTo } from './codex.ts';
import { installHarness } from './install.ts';
import { startResponsesApi } from './responses-api.ts';
import type { ScriptedApi } from './script.ts';

const stage = useStage({
  MEANWHILE_GRACE_MS: '100',
  MEANWHILE_MCP_WAIT_MS: '2000',
  PORT: String(await getPort()),
});

let program: string;
let home: CodexHome;
let api: ScriptedApi;
let gates: Gates;
beforeAll(async () => {
  program = await installHarness('codex');
});
afterEach(async () => {
  await api.close();
  await gates.close();
  await home.remove();
});
/** Runs one turn of Codex to its end. */
async function codex(server: string, prompt: string): Promise<string> {
  api = await startResponsesApi();
  home = await codexHome({ baseURL: `${api.url}/v1`, server });
  return home.exec(program, prompt);
}

const told = (what: string) => api.heard.filter((news) => news.includes(what));

test.each([
  ['over HTTP', 'stays up', () => `url = "${stage.service.url}/mcp"`],
  ['through the relay', 'is killed and started', () => relayTo(stage.service.url)],
])(
  'a question that takes long is suspended, and its results come by the calls that each answer names (%s, while the service %s)',
  async (_, happens, server) => {
    const { model, service } = stage;
    gates = await startGates();
    const running = codex(server(), 'use ask_default {"text":"Go through the gates."}');
    (await model.asked()).says('On my way.', asks('relay', { gates: gates.url }));
    expect(await gates.reached()).toBe('1');
    await expect.poll(() => told('Suspended').length, { timeout: 60_000 }).toBe(1);
    gates.open('1');
    (await model.asked()).says('Through the first.');
    expect(await gates.reached()).toBe('2');
    await expect.poll(() => told('] Through the first.').length, { timeout: 60_000 }).toBe(1);

    // Over HTTP, Codex itself reports to its model that the connection is gone, and the model has to call again.
    if (happens !== 'stays up') {
      await service.kill9();
      await service.start();
    }
    gates.open('2');
    (await model.asked()).says('Through the second.');
    expect(await running).toContain('The agent is at rest');
    for (const result of ['On my way.', 'Through the first.', 'Through the second.']) {
      expect(told(`] ${result}`), result).toHaveLength(1);
    }
  },
);

test('a tool of the service runs once, and each of its results is told once, though the service is killed', async () => {
  const { service } = stage;
  gates = await startGates();
  const running = codex(relayTo(service.url, 'tools'), `use relay {"gates":"${gates.url}"}`);
  expect(await gates.reached()).toBe('1');
  await expect.poll(() => told('Suspended as call_').length, { timeout: 60_000 }).toBe(1);
  await service.kill9();
  await service.start();
  expect(await gates.reached()).toBe('1');
  gates.open('1');
  expect(await gates.reached()).toBe('2');
  gates.open('2');
  expect(await running).toContain('No call is open');
  expect(told('its last: through')).toHaveLength(1);
  const { conversations } = await service.client.get('/v1/conversations');
  expect(conversations[0]).toMatchObject({
    agent: expect.stringMatching(/^client:/),
    calls: [{ status: 'completed' }],
  });
});

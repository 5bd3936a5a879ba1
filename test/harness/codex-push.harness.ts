/** Results that are pushed into the real Codex: into its app-server, and by `codex queue`. Its model is scripted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import getPort from 'get-port';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connect, type Rpc } from '../../harness/push/json-rpc.ts';
import { type Gates, startGates } from '../kit/gates.ts';
import { useStage } from '../kit/stage.ts';
import { type CodexHome, codexHome, type CodexSettings, relayTo } from './codex.ts';
import { installHarness } from './install.ts';
import { startResponsesApi } from './responses-api.ts';

const api = await startResponsesApi({ asks: false });
const codexPort = await getPort();
const stage = useStage({
  MEANWHILE_GRACE_MS: '300',
  PORT: String(await getPort()),
  OPENAI_BASE_URL: `${api.url}/v1`,
  MEANWHILE_PUSH_CODEX: `ws://127.0.0.1:${codexPort}`,
});

let program: string;
let home: CodexHome;
let gates: Gates;
let codex: ChildProcess | undefined;
let front: Rpc | undefined;
beforeAll(async () => {
  program = await installHarness('codex');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') {
    const { conversations } = await stage.service.client.get('/v1/conversations');
    const path = `/v1/conversations/${conversations[0]?.id}/entries`;
    const { entries = [] } = await stage.service.client.get(path).catch(() => ({}));
    console.error(api.heard, JSON.stringify(entries));
  }
  front?.close();
  codex?.kill('SIGKILL');
  await gates.close();
  await home.remove();
  api.heard.length = 0;
});
afterAll(() => api.close());

/** Codex's app-server, with a front end of its user. @returns says something as that user */
async function open(settings: CodexSettings): Promise<(text: string) => Promise<unknown>> {
  gates = await startGates();
  home = await codexHome(settings);
  await startCodex();
  const { thread } = await front!.call<{ thread: { id: string } }>('thread/start', {
    approvalPolicy: 'never',
    sandbox: 'danger-full-access',
  });
  return (text) =>
    front!.call('turn/start', {
      threadId: thread.id,
      input: [{ type: 'text', text, text_elements: [] }],
    });
}

async function startCodex(): Promise<void> {
  const url = `ws://127.0.0.1:${codexPort}`;
  codex = spawn(program, ['app-server', '--listen', url], {
    ...home.options,
    stdio: 'ignore',
  });
  await expect
    .poll(async () => (front = await connect(url, AbortSignal.timeout(60_000))), {
      timeout: 30_000,
    })
    .toBeDefined();
  const clientInfo = { name: 'front-end', title: 'Front end', version: '1.0.0' };
  await front!.call('initialize', { clientInfo, capabilities: { experimentalApi: true } });
  front!.notify('initialized');
}

const heard = (what: string | RegExp) =>
  expect
    .poll(() => api.heard.filter((news) => news.match(what)), { timeout: 30_000 })
    .not.toEqual([]);
const told = (what: string) => api.heard.filter((news) => news.includes(what));

test('an idle Codex is told of each result of an MCP call, once, though the service is killed', async () => {
  const { service } = stage;
  const approved = 'default_tools_approval_mode = "approve"';
  const server = `${relayTo(service.url, 'tools')}${approved}`;
  const say = await open({ baseURL: `${api.url}/v1`, server });
  await say(`please use relay {"gates":"${gates.url}"}`);
  expect(await gates.reached()).toBe('1');
  await heard('Suspended as call_');
  gates.open('1');
  expect(await gates.reached()).toBe('2');
  await service.kill9();
  await service.start();
  gates.open('2');
  await heard('its last: through');
  expect(told('its last: through')).toHaveLength(1);
});

test('an idle Codex whose only change is its base URL is told of a result without being asked', async () => {
  const { service } = stage;
  const say = await open({ baseURL: `${service.url}/openai/v1` });
  await say(`use relay {"gates":"${gates.url}"}`);
  expect(await gates.reached()).toBe('1');
  await heard('Suspended as call_');
  await service.kill9();
  await service.start();
  expect(await gates.reached()).toBe('1');
  gates.open('1');
  await heard(/\[result \d+\] relay call_\w+: 50 % gate 1/);
  gates.open('2');
  await heard('its last: through');
  expect(told('its last: through')).toHaveLength(1);
});

test('a Codex that is away is told when it is back', async () => {
  const { service } = stage;
  const say = await open({ baseURL: `${service.url}/openai/v1` });
  await say(`use relay {"gates":"${gates.url}"}`);
  expect(await gates.reached()).toBe('1');
  await heard('Suspended as call_');
  const gone = once(codex!, 'close');
  codex!.kill('SIGKILL');
  await gone;
  gates.open('1');
  gates.open('2');
  await expect
    .poll(async () => (await service.client.get('/v1/conversations')).conversations[0].calls, {
      timeout: 30_000,
    })
    .toMatchObject([{ status: 'completed' }]);
  const { conversations } = await service.client.get('/v1/conversations');
  await startCodex();
  await front!.call('thread/resume', { threadId: conversations[0].metadata.thread });
  await heard('its last: through');
  expect(told('its last: through')).toHaveLength(1);
});

/** A client cancels a call that runs before its conversation has heard of it. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { QuickCall, QuickOutcome, QuickRunner } from '../contract/quick.ts';
import { keyOfCall } from '../mcp/server/call-key.ts';
import { createMcpTestClient, type McpTestClient } from '../test/kit/mcp-client.ts';
import { useMcp, words } from '../test/kit/mcp-stage.ts';
import { callIdOf, conversationOf } from './request-call.ts';

const stage = useMcp();
const NEVER_MS = 2 ** 31 - 1;
const HI = { words: 'hi' };
const META = { threadId: 'thread_1', callId: 'c1' };
const KEY = { 'idempotency-key': 'k1' };

/** A runner whose calls go on until they are stopped, or end when the test says so. */
function createRunner() {
  const begun: QuickCall[] = [];
  const unrecorded: QuickCall[] = [];
  const ends = Promise.withResolvers<QuickOutcome>();
  const runner: QuickRunner = {
    run(quick, { stop }) {
      begun.push(quick);
      const stopped = new Promise<QuickOutcome>((resolve) =>
        stop.addEventListener('abort', () => resolve({ type: 'goes_on' })),
      );
      return Promise.race([stopped, ends.promise]);
    },
    recorded: async ({ call }) => {
      unrecorded.splice(0, Infinity, ...unrecorded.filter((each) => each.call !== call));
    },
    stop: async () => {},
    unrecorded: async () => [...unrecorded],
  };
  return { runner, begun, unrecorded, ends: ends.resolve };
}

let made: ReturnType<typeof createRunner>;
let client: McpTestClient;
async function open(collect_ms?: number) {
  await stage.api.app.close();
  await stage.open(1_000, { grace_ms: 60_000 }, made.runner, { collect_ms });
  client = createMcpTestClient(stage.url, { path: '/mcp/tools', tasks: false });
}
beforeEach(async () => {
  made = createRunner();
  await open();
});

const call = () => client.call('echo', HI, { headers: KEY, meta: META });
const cancel = async () => {
  const headers = { ...KEY, 'meanwhile-cancelled-after': '100' };
  return words(await client.call('echo', HI, { headers, meta: META }))[0];
};
const entries = async () =>
  (await stage.api.store.entries(await stage.only(), { after: 0, limit: 99 }))!.entries;
const kinds = async () => (await entries()).map(({ kind }) => kind);
const requested = () => stage.played.calls.filter(({ method }) => method === 'requestCall');

test('its conversation takes it over and cancels it, and nothing is told of it', async () => {
  const calling = call();
  await vi.waitFor(() => expect(made.begun).toHaveLength(1));
  await cancel();
  await calling;
  expect(requested().at(-1)!.payload).toMatchObject({ begun: true });
  expect(await kinds()).toEqual(['call.requested', 'call.started', 'call.cancelled']);
  expect((await entries()).at(-1)).toMatchObject({ actor: { type: 'user', id: 'client:test' } });
  const { id: conversation_id } = await stage.only();
  expect(words(await client.call('next_results', { conversation_id }))[0]).toMatch(/^Nothing new/);
});

test('a cancel that comes before its request keeps the call from beginning', async () => {
  await cancel();
  expect(words(await call())[0]).toMatch(/^call_\w+ was cancelled/);
  expect(made.begun).toEqual([]);
  expect(await kinds()).toEqual(['call.requested', 'call.cancelled']);
});

test('a call that has ended, and is not in the log yet, stays as it is', async () => {
  await open(NEVER_MS);
  made.ends({ type: 'ended', end: { type: 'completed', result: 'quick' }, isRepeat: false });
  expect(words(await call())).toEqual(['quick']);
  expect(await cancel()).toBe('Nothing was cancelled.');
  await stage.api.app.close();
  expect(await kinds()).toEqual(['call.requested', 'call.started', 'call.completed', 'receipt']);
});

test('a call that the process before has begun and not reported is taken over, then cancelled', async () => {
  const tenant = 'default';
  const key = keyOfCall({ meta: META, client: 'test' }, 'echo', HI)!;
  const call_id = callIdOf(tenant, key);
  const thread = META.threadId;
  const conversation = conversationOf({ tenant, client: 'test', thread });
  const quick = { conversation, agent: 'client:test', thread };
  // This process has not found it at its start.
  made.unrecorded.push({ ...quick, call: { call_id, tool: 'echo', input: HI } });
  await cancel();
  expect(requested().at(-1)!.payload).toMatchObject({ call: { call_id }, begun: true });
  expect(made.unrecorded).toEqual([]);
  expect(await kinds()).toEqual(['call.requested', 'call.started', 'call.cancelled']);
});

test('while Temporal is unavailable, a cancel fails, and the call goes on', async () => {
  const calling = call();
  await vi.waitFor(() => expect(made.begun).toHaveLength(1));
  stage.played.failure = new Error('Temporal does not answer.');
  await expect(cancel()).rejects.toThrow();
  await expect(calling).rejects.toThrow();
});

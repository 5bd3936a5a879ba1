/** A client cancels a call that it waits for: the relay repeats the request, and says after how long. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createMcpTestClient, type McpTestClient } from '../../test/kit/mcp-client.ts';
import { useMcp, words } from '../../test/kit/mcp-stage.ts';

const stage = useMcp();
const GRACE_MS = 60_000;
const HI = { words: 'hi' };
const THREAD = { threadId: 'thread_1' };

let client: McpTestClient;
async function open(earlier?: Parameters<typeof stage.open>[3]) {
  await stage.api.app.close();
  await stage.open(60_000, { grace_ms: GRACE_MS }, undefined, earlier);
  client = createMcpTestClient(stage.url, { path: '/mcp/tools', tasks: false });
}
beforeEach(() => open());

interface Request {
  key: string;
  /** The harness's id of the call. */
  callId?: string;
  signal?: AbortSignal;
}

const optionsOf = ({ key, callId, signal }: Request, more: Record<string, string> = {}) => ({
  headers: { 'idempotency-key': key, ...more },
  meta: { ...THREAD, ...(callId !== undefined && { callId }) },
  ...(signal && { signal }),
});
const call = (request: Request) => client.call('echo', HI, optionsOf(request));
async function cancel(request: Request, after_ms = 100) {
  const more = { 'meanwhile-cancelled-after': String(after_ms) };
  return words(await client.call('echo', HI, optionsOf(request, more)))[0];
}

const entries = async () =>
  (await stage.api.store.entries(await stage.only(), { after: 0, limit: 99 }))!.entries;
const kinds = async () => (await entries()).map(({ kind }) => kind);
const isRunning = () =>
  vi.waitFor(async () => expect(await kinds()).toEqual(['call.requested', 'call.started']));
const news = async () => {
  const { id: conversation_id } = await stage.only();
  return words(await client.call('next_results', { conversation_id, wait_seconds: 0 }))[0]!;
};

/** A request of a call that runs, whose client has hung up. */
async function hungUp(request: Request) {
  const away = new AbortController();
  const noticed = new Promise<void>((resolve) =>
    stage.api.app.server.once('request', (_, response) => response.once('close', resolve)),
  );
  const calling = call({ ...request, signal: away.signal });
  await isRunning();
  away.abort();
  await expect(calling).rejects.toThrow();
  await noticed;
}

/** A second request for the same call has reached its conversation. The first was sent twice: it began the conversation. */
const joins = () =>
  vi.waitFor(() => expect(stage.played.calls.filter(isAccepted), 'both requests').toHaveLength(3));
const isAccepted = ({ method }: { method: string }) => method === 'requestCall';

const TAKEN = 'Cancelled, unless it had ended.';
const NOTHING = 'Nothing was cancelled.';
const CANCELLED = ['call.requested', 'call.started', 'call.cancelled'];

describe('a cancel within the grace time', () => {
  test('cancels the call, whose program stops, and nothing is told of it', async () => {
    await hungUp({ key: 'k1' });
    expect(await cancel({ key: 'k1' })).toBe(TAKEN);
    expect((await entries()).at(-1)).toMatchObject({
      kind: 'call.cancelled',
      by: 'user',
      actor: { type: 'user', id: 'client:test' },
    });
    await stage.played.play(({ effects }) =>
      expect(effects.at(-1)).toMatchObject({ kind: 'cancel_call' }),
    );
    expect(await news()).toMatch(/^Nothing new after result 0\.\nNo call is open/);
    expect(await kinds(), 'without a receipt').toEqual(CANCELLED);
  });

  test('leaves out the partial results of the call, and no others', async () => {
    await hungUp({ key: 'k1' });
    const partial = { event: 'result', data: 'first', percent: undefined } as const;
    await stage.played.play((story) => story.progress(story.state.calls[0]!.id, 1, 0, partial));
    await cancel({ key: 'k1' });
    const other = call({ key: 'k2' });
    await vi.waitFor(async () => expect((await kinds()).at(-1)).toBe('call.started'));
    await stage.played.play((story) => story.ends(story.state.calls[0]!.id));
    const { _meta } = await other;
    expect(_meta.meanwhile.cursor, 'the number of its result').toBeGreaterThan(0);
    expect(await news()).toMatch(/^Nothing new/);
  });

  test('cancels the call of a harness that names its calls', async () => {
    await hungUp({ key: 'k1', callId: 'c1' });
    expect(await cancel({ key: 'k1', callId: 'c1' })).toBe(TAKEN);
    expect(await kinds()).toEqual(CANCELLED);
  });

  test('that another process gets, cancels the call', async () => {
    await hungUp({ key: 'k1' });
    const { store, bus } = stage.api;
    await open({ earlier: { store, bus, gateway: stage.played } });
    await cancel({ key: 'k1' });
    expect(await kinds()).toEqual(CANCELLED);
  });

  test('that comes before its request, keeps the call from starting', async () => {
    await cancel({ key: 'k1' });
    expect(words(await call({ key: 'k1' }))[0]).toMatch(/^call_\w+ was cancelled/);
    expect(await kinds()).toEqual(['call.requested', 'call.cancelled']);
  });

  test('that comes twice, cancels once', async () => {
    await hungUp({ key: 'k1' });
    await Promise.all([cancel({ key: 'k1' }), cancel({ key: 'k1' })]);
    expect(await kinds()).toEqual(CANCELLED);
  });

  test('changes nothing if the call has ended: its result is news', async () => {
    await hungUp({ key: 'k1' });
    await stage.played.play((story) =>
      story.ends(story.state.calls[0]!.id, { type: 'completed', result: 'ended' }),
    );
    await cancel({ key: 'k1' });
    expect((await kinds()).slice(0, 3)).toEqual([
      'call.requested',
      'call.started',
      'call.completed',
    ]);
    expect(await kinds()).not.toContain('call.cancelled');
    expect(await news()).toContain('its last: ended');
  });
});

describe('a call goes on', () => {
  test('if the cancel comes after the grace time, when only a timeout sends one', async () => {
    await hungUp({ key: 'k1' });
    expect(await cancel({ key: 'k1' }, GRACE_MS + 1)).toBe(NOTHING);
    expect(await kinds()).toEqual(['call.requested', 'call.started']);
  });

  test.each([
    ['by its name', 'c1'],
    ['as the same tool with the same input', undefined],
  ])('if another request that has joined it %s waits for it', async (_, callId) => {
    const named = callId === undefined ? {} : { callId };
    await hungUp({ key: 'k1', ...named });
    const joined = call({ key: 'k2', ...named });
    await joins();
    expect(await cancel({ key: 'k1', ...named })).toBe(NOTHING);
    await stage.played.play((story) =>
      story.ends(story.state.calls[0]!.id, { type: 'completed', result: 'ended' }),
    );
    expect(words(await joined)).toEqual(['ended']);
  });

  test('if a request cancels that has no key', async () => {
    await hungUp({ key: 'k1' });
    const headers = { 'meanwhile-cancelled-after': '100' };
    expect(words(await client.call('echo', HI, { headers, meta: THREAD }))).toEqual([NOTHING]);
    expect(await kinds()).toEqual(['call.requested', 'call.started']);
  });
});

test('a call that a request has joined is cancelled with that request, once nobody else waits for it', async () => {
  await hungUp({ key: 'k1' });
  const away = new AbortController();
  const joined = call({ key: 'k2', signal: away.signal });
  await joins();
  expect(await cancel({ key: 'k1' })).toBe(NOTHING);
  away.abort();
  await expect(joined).rejects.toThrow();
  expect(await cancel({ key: 'k2' })).toBe(TAKEN);
  expect(await kinds()).toEqual(CANCELLED);
});

test('a request that its relay has repeated does not wait for itself', async () => {
  const twice = [call({ key: 'k1' }), call({ key: 'k1' })];
  await isRunning();
  expect(await cancel({ key: 'k1' })).toBe(TAKEN);
  for (const each of await Promise.all(twice)) expect(words(each)[0]).toMatch(/was cancelled/);
});

test('a tool that cannot be cancelled is not called by a cancel', async () => {
  const key = { 'idempotency-key': 'k1', 'meanwhile-cancelled-after': '100' };
  const given = { conversation_id: 'conv_none' };
  const answer = await client.call('next_results', given, { headers: key });
  expect(words(answer)).toEqual([NOTHING]);
});

import { beforeEach, describe, expect, test } from 'vitest';
import { createLocalBus } from '../../stream/bus.ts';
import type { Store } from '../../store/store.ts';
import { StoreUnavailable } from '../../store/unavailable.ts';
import { createMcpTestClient, type McpTestClient } from '../../test/kit/mcp-client.ts';
import { useMcp, words } from '../../test/kit/mcp-stage.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { PlayedGateway } from '../../test/kit/played-gateway.ts';

const stage = useMcp();
const path = '/mcp/tools';
let client: McpTestClient;
let plain: McpTestClient;
/** What the store cannot do at the moment. */
const away = new Set<keyof Store>();

beforeEach(async () => {
  away.clear();
  await stage.api.app.close();
  const methods = Object.entries(createMemoryStore()).map(([name, method]: [string, any]) => [
    name,
    async (...args: unknown[]) => {
      if (away.has(name as keyof Store))
        throw new StoreUnavailable('The store is away.', { mayBeDone: false });
      return method(...args);
    },
  ]);
  const store: Store = Object.fromEntries(methods);
  const bus = createLocalBus();
  const earlier = { store, bus, gateway: new PlayedGateway(store, bus) };
  await stage.open(60_000, { grace_ms: 100 }, undefined, { earlier });
  client = createMcpTestClient(stage.url, { path });
  plain = createMcpTestClient(stage.url, { path, tasks: false });
});

/** Where the store fails in the middle of a request is chance. */
const READS = ['marks', 'progress', 'conversation', 'entries'] as const;
const HI = { words: 'hi' };
const SAYS_SO = /^store_unavailable: .*Nothing is lost\. Try the same call again/;
const meta = { threadId: 'thread_1', callId: 'c1' };

describe.each(READS)('while the store cannot read %s', (method) => {
  test('a call says that it can be made again, and is the same call then', async () => {
    away.add(method);
    const [first] = words(await plain.call('echo', HI, { meta }));
    // A call is not told its progress.
    expect(first).toMatch(method === 'progress' ? /^Suspended as call_/ : SAYS_SO);
    away.clear();
    expect(words(await plain.call('echo', HI, { meta }))[0]).toMatch(/^Suspended as call_/);
    const { id } = await stage.only();
    const { log } = await logOf(id);
    expect(log.filter(({ kind }) => kind === 'call.requested')).toHaveLength(1);
  });

  test('a task is answered, or says that it can be asked for again', async () => {
    const { taskId } = await client.call('echo', HI, { meta });
    away.add(method);
    const answer = await client.request('tasks/get', { taskId }).catch((error: Error) => error);
    if (method === 'marks') expect(answer).toMatchObject({ status: 'working' });
    else expect((answer as Error).message).toMatch(SAYS_SO);
  });

  test('results are returned, or can be asked for again', async () => {
    const [text] = words(await plain.call('echo', HI, { meta }));
    const next = JSON.parse(/next_results\((.*?)\)/.exec(text!)![1]!);
    away.add(method);
    const asked = { ...next, wait_seconds: 0 };
    expect(words(await plain.call('next_results', asked))[0]).toMatch(SAYS_SO);
  });
});

test('a stream about tasks does not open while the store is away, and says why', async () => {
  const { taskId } = await client.call('echo', HI, { meta });
  away.add('conversation');
  const listening = client.request('subscriptions/listen', {
    notifications: { taskIds: [taskId] },
  });
  await expect(listening).rejects.toMatchObject({ message: expect.stringMatching(SAYS_SO) });
});

async function logOf(id: string) {
  const page = await stage.api.store.entries({ tenant: 'default', id }, { after: 0, limit: 99 });
  return { log: page!.entries };
}

/** A harness whose base URL is the service: it has a thread of its own, and a model that the test plays. */
import { afterEach, beforeEach } from 'vitest';
import type { EntryKind } from '../../contract/entry.ts';
import { createLocalBus } from '../../stream/bus.ts';
import { createTestApi, type TestApi } from './api.ts';
import { type DialectAnswer, type Dialect, type RawLine, given } from './dialects.ts';
import { createMemoryStore } from './memory-store.ts';
import { type AskedApi, functionCall, type PlayedApi } from './played-api.ts';
import { PlayedGateway } from './played-gateway.ts';
import { LIMITS, type Story } from './story.ts';

export interface BehindProxy {
  model: PlayedApi<any>;
  api: TestApi;
  /** Of the service. */
  url: string;
  /** Sends what a harness sends. */
  post(body: object, headers?: Record<string, string>): Promise<Response>;
  /** Sends a thread, and reads all that it is sent. */
  ask(thread: object[], more?: object, headers?: Record<string, string>): Promise<DialectAnswer>;
  /** The harness asks, the model calls the tool, is told that it is suspended, and says "Started.". */
  start(thread?: object[]): Promise<DialectAnswer & { again: AskedApi<any>; thread: object[] }>;
  /** The next request, and what the model is given with it. */
  asked(): Promise<AskedApi<any> & { lines: RawLine[] }>;
  play(act: (story: Story) => void): Promise<void>;
  /** The last call of the thread. */
  callId(): Promise<string>;
  entries(...kinds: EntryKind[]): Promise<any[]>;
  /** Another process of the service takes over. */
  restart(): Promise<void>;
}

/** For all tests of a block, anew for each. */
export function useBehindProxy(dialect: Dialect): BehindProxy {
  const here = {} as BehindProxy;
  let played: PlayedGateway;
  const open = async (more: Partial<TestApi>) => {
    here.api = await createTestApi({
      ...more,
      gateway: played,
      limits: { ...LIMITS, grace_ms: 50 },
      upstream: { baseURL: here.model.url, apiKey: 'of the service' },
    });
    here.url = await here.api.listen();
  };
  beforeEach(async () => {
    here.model = await dialect.start();
    const [store, bus] = [createMemoryStore(), createLocalBus()];
    played = new PlayedGateway(store, bus);
    await open({ store, bus });
  });
  afterEach(async () => {
    await here.api.app.close();
    await here.model.close();
  });

  const newest = async () =>
    (await here.api.store.list('default', { limit: 10 })).conversations[0]!;
  return Object.assign(here, {
    post: (body: object, headers: Record<string, string> = {}) =>
      fetch(`${here.url}/openai/v1${dialect.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'harness/1', ...headers },
        body: JSON.stringify(body),
      }),
    async ask(thread: object[], more: object = {}, headers?: Record<string, string>) {
      const body = { model: 'm', stream: true, prompt_cache_key: 'thread', ...more };
      const response = await here.post({ ...body, [dialect.field]: thread }, headers);
      return dialect.read(await response.text());
    },
    async start(thread: object[] = [dialect.user('Say it.')]) {
      const answering = here.ask(thread);
      (await here.asked()).says(functionCall('echo', { words: 'hi' }));
      const again = await here.asked();
      again.says('Started.');
      const answer = await answering;
      return { ...answer, again, thread: [...thread, ...answer.items] };
    },
    async asked() {
      const request = await here.model.asked();
      return { ...request, lines: given(dialect, request) };
    },
    play: (act: (story: Story) => void) => played.play(act),
    callId: async () => (await newest()).calls.at(-1)!.id,
    async entries(...kinds: EntryKind[]) {
      const key = { tenant: 'default', id: (await newest()).id };
      return (await here.api.store.entries(key, { after: 0, limit: 100, kinds }))!.entries;
    },
    async restart() {
      const { store, bus } = here.api;
      await here.api.app.close();
      await open({ store, bus });
    },
  } satisfies Partial<BehindProxy>);
}

/** The API on fakes, for tests. */
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { openToAnyone } from '../../security/access/anyone.ts';
import { type Api, type ApiDependencies, buildApp } from '../../api/app.ts';
import { defineAgent } from '../../agents/define.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { Store } from '../../store/store.ts';
import { type Bus, createLocalBus } from '../../stream/bus.ts';
import { defineTool } from '../../tools/define.ts';
import { FakeGateway } from './fake-gateway.ts';
import { createMemoryStore } from './memory-store.ts';
import { LIMITS } from './story.ts';

export interface TestApi {
  app: Api;
  store: Store;
  bus: Bus;
  gateway: FakeGateway;
  post(url: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
  get(url: string, headers?: Record<string, string>): Promise<ApiResponse>;
  /** Begins a conversation. */
  begin(): Promise<ConversationKey>;
  /** Listens, and gives the address. */
  listen(): Promise<string>;
}

export interface ApiResponse {
  status: number;
  body: any;
  headers: Record<string, unknown>;
}

const echo = defineTool({
  name: 'echo',
  description: 'Says it again.',
  input: z.object({ words: z.string() }),
  results: { min: 1, max: 'many' },
  run: async ({ words }) => words,
});

const AGENTS = [
  defineAgent({ name: 'default', instructions: 'Be brief.' }),
  defineAgent({
    name: 'helper',
    instructions: 'Help.',
    model: 'large',
    tools: ['echo'],
    limits: { max_running: 1 },
  }),
];

/** Signs push URLs. */
export const PUSH_SECRET = 'a secret of the tests, long enough';

export const TEST_SETTINGS = {
  MEANWHILE_MAX_MESSAGE_BYTES: 10_000,
  MEANWHILE_MAX_RESULT_BYTES: 8_000,
  MEANWHILE_INLINE_RESULT_BYTES: 4_000,
};

export async function createTestApi(more: Partial<ApiDependencies> = {}): Promise<TestApi> {
  const store = more.store ?? createMemoryStore();
  const bus = more.bus ?? createLocalBus();
  const gateway = new FakeGateway();
  const app = await buildApp({
    store,
    bus,
    gateway,
    catalogue: {
      tools: new Map([[echo.name, echo]]),
      agents: new Map(AGENTS.map((agent) => [agent.name, agent])),
    },
    limits: LIMITS,
    settings: TEST_SETTINGS,
    grace_ms: 0,
    access: openToAnyone,
    pushSecret: PUSH_SECRET,
    ...more,
  });
  await app.ready();

  async function ask(
    method: 'GET' | 'POST',
    url: string,
    payload?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiResponse> {
    const answer = await app.inject({ method, url, headers, payload: payload as object });
    const isJson = String(answer.headers['content-type']).includes('json');
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: isJson ? answer.json() : answer.payload,
    };
  }

  return {
    app,
    store,
    bus,
    gateway,
    post: (url, body, headers) => ask('POST', url, body, headers),
    get: (url, headers) => ask('GET', url, undefined, headers),
    async begin() {
      const { body } = await ask('POST', '/v1/conversations', {});
      gateway.calls = [];
      return { tenant: 'default', id: body.id };
    },
    async listen() {
      await app.listen({ port: 0, host: '127.0.0.1' });
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    },
  };
}

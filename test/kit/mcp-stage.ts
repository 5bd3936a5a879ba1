/** The MCP endpoint of an API whose conversations follow the rules, and whose model and tools the test plays. */
import { afterEach, beforeEach, vi } from 'vitest';
import type { QuotaSettings } from '../../api/quotas.ts';
import type { Limits } from '../../contract/limits.ts';
import type { QuickRunner } from '../../contract/quick.ts';
import type { Store } from '../../store/store.ts';
import { type Bus, createLocalBus } from '../../stream/bus.ts';
import { createTestApi, TEST_SETTINGS, type TestApi } from './api.ts';
import { createMcpTestClient, type McpTestClient } from './mcp-client.ts';
import { createMemoryStore } from './memory-store.ts';
import { PlayedGateway } from './played-gateway.ts';
import { LIMITS } from './story.ts';

export interface McpStage {
  api: TestApi;
  played: PlayedGateway;
  url: string;
  /** Declares tasks and elicitation. */
  client: McpTestClient;
  /** Declares no tasks. */
  plain: McpTestClient;
  /** @param wait_ms how long a call without a task waits; @param more.earlier of an API that was closed */
  open(
    wait_ms?: number,
    limits?: Partial<Limits>,
    quick?: QuickRunner,
    more?: {
      earlier?: { store: Store; bus: Bus; gateway: PlayedGateway };
      settings?: QuotaSettings;
      collect_ms?: number;
    },
  ): Promise<void>;
  /** The key of the one conversation that there is. */
  only(): Promise<{ tenant: string; id: string }>;
  /** Begins a conversation, and gives its id. */
  begin(text?: string): Promise<string>;
  /** The first reply says "On my way." and requests call_1, which runs. */
  startsCall(): Promise<void>;
  /** It ends, and the agent says this. */
  endsCall(text?: string): Promise<void>;
}

export const ASKED = { call_id: 'call_1', tool: 'echo', input: { words: 'hi' } };

/** Sets up the stage for every test of a file. */
export function useMcp(): McpStage {
  const stage: McpStage = {
    async open(wait_ms = 60_000, limits = {}, quick, { earlier, settings, collect_ms } = {}) {
      const { store = createMemoryStore(), bus = createLocalBus() } = earlier ?? {};
      stage.played = earlier?.gateway ?? new PlayedGateway(store, bus);
      stage.api = await createTestApi({
        store,
        bus,
        gateway: stage.played,
        limits: { ...LIMITS, ...limits },
        mcp: { wait_ms },
        ...(quick && { quick }),
        collect_ms,
        settings: { ...TEST_SETTINGS, ...settings },
      });
      stage.url = await stage.api.listen();
      stage.client = createMcpTestClient(stage.url);
      stage.plain = createMcpTestClient(stage.url, { tasks: false });
    },
    async only() {
      const { conversations } = await stage.api.store.list('default', { limit: 10 });
      if (conversations.length !== 1) throw new Error(`There are ${conversations.length}.`);
      return { tenant: 'default', id: conversations[0]!.id };
    },
    async begin(text) {
      const input = text === undefined ? {} : { text };
      const result = await stage.plain.call('start_conversation', input);
      return /conv_[\w-]+/.exec(words(result)[0]!)![0];
    },
    startsCall: () =>
      stage.played.play((story) => {
        story.model('On my way.', ASKED);
        story.pass(2_000);
      }),
    endsCall: (text = 'Done.') =>
      stage.played.play((story) => {
        story.ends('call_1');
        story.pass(1_000);
        story.model(text);
      }),
  } as McpStage;
  beforeEach(() => stage.open());
  afterEach(async () => {
    vi.useRealTimers();
    await stage.api.app.close();
  });
  return stage;
}

export const words = ({ content }: { content: { text: string }[] }) =>
  content.map(({ text }) => text);

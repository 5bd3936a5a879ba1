/** A call of a played tool, as an activity without a server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect } from 'vitest';
import { z } from 'zod';
import type { CallCursor } from '../../activities/call/call-cursor.ts';
import type { CallServer } from '../../activities/call/call-server.ts';
import { createHolder, type Holder } from '../../activities/call/holder.ts';
import { createLiveCalls, type LiveCallsDependencies } from '../../activities/call/live-calls.ts';
import { createRunTool } from '../../activities/call/run-tool.ts';
import type { CallAsks, CallStart } from '../../contract/call.ts';
import type { CallEnd, CallEventSignal } from '../../contract/signals.ts';
import type { Progress, Store } from '../../store/store.ts';
import type { BusMessage } from '../../stream/bus.ts';
import type { LocalTool } from '../../tools/define.ts';
import { createMemoryStore } from './memory-store.ts';
import { createHost } from './spools.ts';

export const conversation = { tenant: 'default', id: 'c' };

export interface CallPlay extends Partial<LiveCallsDependencies> {
  tool?: Partial<LocalTool>;
  input?: unknown;
  agreed?: unknown;
  report?: string;
  attempt?: number;
  /** The heartbeat of the attempt before. */
  details?: unknown;
}

/** A call under way, with all that was told, shown and said to Temporal. */
export function play(
  run: LocalTool['run'],
  { tool, input = {}, agreed, report, attempt = 1, details, ...more }: CallPlay = {},
) {
  const logged: string[] = [];
  const environment = new MockActivityEnvironment(
    { attempt, heartbeatDetails: details },
    { logger: new DefaultLogger('WARN', ({ message }) => logged.push(message)) },
  );
  const told: CallEventSignal[] = [];
  const shown: BusMessage[] = [];
  const kept: Progress[] = [];
  const beats: CallCursor[] = [];
  environment.on('heartbeat', (cursor) => beats.push(JSON.parse(JSON.stringify(cursor))));
  const played: LocalTool = {
    name: 'play',
    description: 'Plays.',
    input: z.object({}),
    run,
    ...tool,
  };
  const store = createMemoryStore();
  const calls = createLiveCalls({
    ...callDependencies(store),
    server: SILENT,
    catalogue: { tools: new Map([[played.name, played]]), agents: new Map() },
    bus: { publish: (_, message) => shown.push(message) },
    store: { ...store, setProgress: async (_, __, progress) => void kept.push(progress) },
    signalConversation: async (_, event) => void told.push(event),
    ...more,
  });
  const runTool = createRunTool(calls);
  const start = { conversation, call_id: 'call_1', tool: played.name, input, agreed, report };
  const end = environment.run<[CallStart], CallEnd | CallAsks, typeof runTool>(
    runTool,
    start,
  ) as Promise<CallEnd>;
  return { end, environment, told, shown, kept, beats, logged };
}

/** A process that shares its store with no other. */
export function aloneIn(store: Store): Holder {
  const who = { place: '', pid: 0, began: '' };
  return createHolder({ store, who, isDead: async () => true, alone: true, warn: () => {} });
}

/** A server that takes every attempt for the current one, and has none to be told of by id. */
export const SILENT: CallServer = {
  stateOf: async () => 'current',
  lastBeat: async () => undefined,
  beat: async () => 'unheard',
  complete: async () => 'gone',
  reportCancelled: async () => 'gone',
};

export const MANY = { results: { min: 0, max: 'many' as const } };
export const failed = (type: string, message: string | RegExp) => ({
  type: 'failed',
  error: { type, message: typeof message === 'string' ? message : expect.stringMatching(message) },
});

/** Ends when the call's signal aborts, as a tool that listens does. */
export const aborted = (signal: AbortSignal) => sleep(1e8, undefined, { signal });

/** What calls of a single process need besides a tool and a server. The limits are small, so that a test reaches them. */
export const callDependencies = (store: Store) => ({
  holder: aloneIn(store),
  bus: { publish: () => {} },
  store,
  settings: {
    MEANWHILE_MAX_RESULT_BYTES: 1_000,
    MEANWHILE_INLINE_RESULT_BYTES: 1_000,
    MEANWHILE_MAX_OUTPUT_BYTES: 10_000_000,
  },
  spools: createHost(),
  signalConversation: async () => {},
});

/** Calls on one store, whose attempts, tool and processes a test controls. */
import { CancelledFailure } from '@temporalio/common';
import { z } from 'zod';
import type { Attempt } from '../../activities/call/attempt.ts';
import type { CallServer } from '../../activities/call/call-server.ts';
import { createHolder } from '../../activities/call/holder.ts';
import { createLiveCalls, type LiveCallsDependencies } from '../../activities/call/live-calls.ts';
import type { CallContext, LocalTool } from '../../tools/define.ts';
import { createMemoryStore } from './memory-store.ts';
import { aloneIn, callDependencies, conversation, SILENT } from './played-call.ts';

export const NAME = { tenant: conversation.tenant, call_id: 'call_1' };
export const start = { conversation, call_id: 'call_1', tool: 'play', input: {} };
export const who = { place: '', pid: 0, began: '' };

/** An attempt that the test controls. */
export function attempt(number = 1, more: Partial<Attempt> = {}) {
  const told = Promise.withResolvers<'cancelled' | 'shutdown' | 'not_current'>();
  let reason: unknown;
  const beats: unknown[] = [];
  const logged: string[] = [];
  return {
    number,
    run: 'run_1',
    activity_id: '1',
    token: new Uint8Array(),
    scheduled_at: Date.now(),
    details: undefined,
    beat: (details: unknown) => void beats.push(details),
    told: told.promise,
    reason: () => reason,
    warn: (message: string) => void logged.push(message),
    beats,
    logged,
    tell(what: 'cancelled' | 'shutdown' | 'not_current') {
      reason = new CancelledFailure(what);
      told.resolve(what);
    },
    ...more,
  };
}

/** A tool that the test ends, in one of any number of processes on one store. */
export function stage(tool: Partial<LocalTool> = {}) {
  const store = createMemoryStore();
  const begun: CallContext[] = [];
  const starting = [Promise.withResolvers<void>()];
  const ends: PromiseWithResolvers<unknown>[] = [];
  const played: LocalTool = {
    name: 'play',
    description: 'Plays.',
    input: z.object({}),
    async run(_, call) {
      const end = Promise.withResolvers<unknown>();
      ends.push(end);
      begun.push(call);
      call.signal.addEventListener('abort', () => end.reject(call.signal.reason));
      starting.at(-1)!.resolve();
      starting.push(Promise.withResolvers());
      return end.promise;
    },
    ...tool,
  };
  const catalogue = { tools: new Map([['play', played]]), agents: new Map() };
  return {
    store,
    catalogue,
    begun,
    /** Resolves when the tool has begun this many times. */
    starts: (times: number) => starting[times - 1]!.promise,
    /** Ends the tool's nth run. */
    ends: (result: unknown, nth = 1) => ends[nth - 1]!.resolve(result),
    process: (
      server: Partial<CallServer> = {},
      holder = aloneIn(store),
      more: Partial<LiveCallsDependencies> = {},
    ) =>
      createLiveCalls({
        ...callDependencies(store),
        holder,
        server: { ...SILENT, ...server },
        catalogue,
        beat_ms: 1,
        ...more,
      }),
    /** One of several processes. */
    other: (place = '') =>
      createHolder({
        store,
        who: { ...who, place },
        isDead: async (it) => it.place === 'dead',
        alone: false,
        warn: () => {},
      }),
  };
}

export const completed = (result: unknown) => ({ type: 'completed', result });

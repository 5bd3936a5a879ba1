/** While attempts come and go, the tool runs once and the current attempt gets its end. */
import { CompleteAsyncError } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { CallEnd } from '../../contract/signals.ts';
import { away } from '../../test/kit/away.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { aloneIn, conversation, failed, SILENT } from '../../test/kit/played-call.ts';
import { createHost } from '../../test/kit/spools.ts';
import type { CallContext, LocalTool } from '../../tools/define.ts';
import type { Attempt } from './attempt.ts';
import type { CallServer } from './call-server.ts';
import { createHolder } from './holder.ts';
import { createLiveCalls } from './live-calls.ts';

const NAME = { tenant: conversation.tenant, call_id: 'call_1' };
const start = { conversation, call_id: 'call_1', tool: 'play', input: {} };
const who = { place: '', pid: 0, began: '' };

/** An attempt that the test controls. */
function attempt(number = 1, more: Partial<Attempt> = {}) {
  const told = Promise.withResolvers<'cancelled' | 'shutdown' | 'not_current'>();
  let reason: unknown;
  const beats: unknown[] = [];
  const logged: string[] = [];
  return {
    number,
    run: 'run_1',
    activity_id: '1',
    token: new Uint8Array(),
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
function stage(tool: Partial<LocalTool> = {}) {
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
    process: (server: Partial<CallServer> = {}, holder = aloneIn(store)) =>
      createLiveCalls({
        holder,
        server: { ...SILENT, ...server },
        catalogue,
        bus: { publish: () => {} },
        store,
        settings: {
          MEANWHILE_MAX_RESULT_BYTES: 1_000,
          MEANWHILE_INLINE_RESULT_BYTES: 1_000,
          MEANWHILE_MAX_OUTPUT_BYTES: 10_000_000,
        },
        spools: createHost(),
        signalConversation: async () => {},
        beat_ms: 1,
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

const completed = (result: unknown) => ({ type: 'completed', result });

describe('in the process where the tool runs', () => {
  test('the next attempt adopts the tool, the previous one is abandoned, and the tool begins once', async () => {
    const { process, begun, starts, ends } = stage();
    const calls = process();
    const [first, second] = [attempt(1), attempt(2)];
    const one = calls.run(start, first);
    await starts(1);
    const two = calls.run(start, second);
    await expect(one).rejects.toBeInstanceOf(CompleteAsyncError);
    ends('done');
    expect(await two).toEqual(completed('done'));
    expect(begun).toHaveLength(1);
  });

  test('an attempt that is no longer current leaves the tool alone, and the next one gets its end', async () => {
    const { process, begun, starts, ends } = stage();
    const calls = process();
    const first = attempt(1);
    const one = calls.run(start, first);
    await starts(1);
    first.tell('not_current');
    await expect(one).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(begun[0]!.signal.aborted).toBe(false);
    const two = calls.run(start, attempt(2));
    ends('done');
    expect(await two).toEqual(completed('done'));
  });

  test('a cancellation of the adopting attempt stops the tool', async () => {
    const { process, begun, starts } = stage();
    const calls = process();
    void calls.run(start, attempt(1)).catch(() => {});
    await starts(1);
    const second = attempt(2);
    const two = calls.run(start, second);
    second.tell('cancelled');
    await expect(two).rejects.toBeInstanceOf(CancelledFailure);
    expect(begun[0]!.signal.aborted).toBe(true);
  });

  test('a late delivery of an older attempt changes nothing', async () => {
    const { process, starts, ends } = stage();
    const calls = process();
    const two = calls.run(start, attempt(2));
    await starts(1);
    await expect(calls.run(start, attempt(1))).rejects.toBeInstanceOf(CompleteAsyncError);
    ends('done');
    expect(await two).toEqual(completed('done'));
  });

  test.each(['resume', 'fail'] as const)(
    'a reset workflow adopts the tool too, with restart: %s',
    async (restart) => {
      const { process, begun, starts, ends } = stage({ restart });
      const calls = process();
      void calls.run(start, attempt(1)).catch(() => {});
      await starts(1);
      const reset = calls.run(start, attempt(1, { run: 'run_2' }));
      ends('done');
      expect(await reset).toEqual(completed('done'));
      expect(begun).toHaveLength(1);
    },
  );
});

describe('a tool without an attempt in its process', () => {
  /** The tool runs on, but its attempt is no longer current. */
  async function detached(server: Partial<CallServer>, tool: Partial<LocalTool> = {}) {
    const played = stage(tool);
    const calls = played.process(server);
    const first = attempt(1);
    const one = calls.run(start, first).catch((error: unknown) => error);
    await played.starts(1);
    first.tell('not_current');
    expect(await one).toBeInstanceOf(CompleteAsyncError);
    return { ...played, calls };
  }

  test('gives its end to whichever attempt is under way, as soon as there is one', async () => {
    const told = Promise.withResolvers<CallEnd>();
    let asked = 0;
    const { ends } = await detached({
      beat: async () => 'heard',
      async complete(call, id, end) {
        expect([call, id]).toEqual([NAME, '1']);
        asked += 1;
        if (asked < 3) return 'unheard';
        told.resolve(end);
        return 'heard';
      },
    });
    ends('done');
    expect(await told.promise).toEqual(completed('done'));
  });

  test('is stopped by a cancellation', async () => {
    const told = Promise.withResolvers<void>();
    const { begun } = await detached({
      beat: async () => 'cancelled',
      async reportCancelled() {
        told.resolve();
        return 'heard';
      },
    });
    await told.promise;
    expect(begun[0]!.signal.aborted).toBe(true);
  });

  test('is stopped by the end of its workflow, and not by an unavailable server', async () => {
    let asked = 0;
    const { begun } = await detached({
      async beat() {
        asked += 1;
        if (asked < 4) throw new Error('away');
        return 'gone';
      },
    });
    await expect.poll(() => begun[0]!.signal.aborted).toBe(true);
    expect(asked).toBe(4);
    expect(begun[0]!.handsOver).toBe(false);
  });

  test('is stopped by the shutdown of its worker, and the next worker goes on', async () => {
    const { calls, begun, process, starts, ends } = await detached({ beat: async () => 'heard' });
    await calls.close();
    expect([begun[0]!.signal.aborted, begun[0]!.handsOver]).toEqual([true, true]);
    const next = process().run(start, attempt(2));
    await starts(2);
    ends('done', 2);
    expect(await next).toEqual(completed('done'));
  });
});

test('the end of a call does not wait for an unavailable store: the attempt returns it, and it is stored later', async () => {
  const { store, process, starts, ends } = stage();
  let isAway = true;
  const written = Promise.withResolvers<CallEnd>();
  const endCall: typeof store.endCall = async (call, hold, end) => {
    if (isAway) throw away();
    written.resolve(end);
    return store.endCall(call, hold, end);
  };
  const one = process({}, aloneIn({ ...store, endCall })).run(start, attempt(1));
  await starts(1);
  ends('done');
  expect(await one).toEqual(completed('done'));
  isAway = false;
  expect(await written.promise).toEqual(completed('done'));
});

describe('one of several processes', () => {
  test('leaves its attempt to the process that holds the call', async () => {
    const { process, other, starts, ends, begun } = stage();
    const one = process({}, other()).run(start, attempt(1));
    await starts(1);
    await expect(process({}, other()).run(start, attempt(2))).rejects.toBeInstanceOf(
      CompleteAsyncError,
    );
    ends('done');
    expect(await one).toEqual(completed('done'));
    expect(begun).toHaveLength(1);
  });

  test('returns the end of a call that is over', async () => {
    const { process, other, starts, ends, begun } = stage();
    const one = process({}, other()).run(start, attempt(1));
    await starts(1);
    ends('done');
    await one;
    const late = process({}, other()).run(start, attempt(1, { run: 'run_2' }));
    expect(await late).toEqual(completed('done'));
    expect(begun).toHaveLength(1);
  });

  test('is replaced at once when it dies', async () => {
    const { process, other, store, starts, ends } = stage();
    const dead = other('dead');
    const held = await dead.hold(
      NAME,
      { run: 'run_1', body: 'function', attempt: 1 },
      new AbortController().signal,
    );
    expect(held).toMatchObject({ outcome: 'fresh' });
    await store.renewHolder(held.by, { ...who, place: 'dead' });
    const next = process({}, other()).run(start, attempt(2));
    await starts(1);
    ends('done');
    expect(await next).toEqual(completed('done'));
  });
});

describe('a call that was held by a dead process', () => {
  const gone = async (tool: Partial<LocalTool>, body: 'function' | 'program' = 'function') => {
    const played = stage(tool);
    const asked = { holder: 'gone', run: 'run_1', body, lease_ms: 1 };
    await played.store.holdCall(NAME, asked);
    return played;
  };

  test('resumes from its checkpoint', async () => {
    const { process, starts, ends, begun } = await gone({});
    const next = process().run(start, attempt(2));
    await starts(1);
    ends('done');
    expect(await next).toEqual(completed('done'));
    expect(begun).toHaveLength(1);
  });

  test('fails when its tool must not start twice, and that end is stored so that no reset starts it', async () => {
    const { process, begun } = await gone({ restart: 'fail' });
    const lost = failed('WorkerLost', /not restarted/);
    expect(await process().run(start, attempt(2))).toMatchObject(lost);
    expect(await process().run(start, attempt(1, { run: 'run_2' }))).toMatchObject(lost);
    expect(begun).toEqual([]);
  });

  test('fails in a workflow that was reset, since its checkpoint is lost', async () => {
    const { process, begun } = await gone({});
    expect(await process().run(start, attempt(1, { run: 'run_2' }))).toMatchObject(
      failed('CallReset', /reset the call after.*not restarted/),
    );
    expect(begun).toEqual([]);
  });

  test('does not resume in an attempt that is no longer current, but in the one that is', async () => {
    const { process, starts, ends, begun } = await gone({});
    const late = process({ isCurrent: async () => false }).run(start, attempt(2));
    await expect(late).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(begun).toEqual([]);
    const current = process().run(start, attempt(3));
    await starts(1);
    ends('done');
    expect(await current).toEqual(completed('done'));
  });

  test.each([
    ['a program whose tool is TypeScript now', 'program', {}, /was a program.*was stopped/],
    ['TypeScript whose tool is a program now', 'function', { keeps: true }, /was not a program/],
  ] as const)('fails when it was %s', async (_, before, tool, message) => {
    const { process, begun } = await gone(tool, before);
    expect(await process().run(start, attempt(2))).toMatchObject(failed('ToolChanged', message));
    expect(begun).toEqual([]);
  });
});

test('a call has the same idempotency key in every attempt', async () => {
  const { process, starts, ends, begun } = stage();
  const calls = process();
  void calls.run(start, attempt(1)).catch(() => {});
  await starts(1);
  const first = begun[0]!.idempotency_key;
  await calls.close();
  const next = process().run(start, attempt(2));
  await starts(2);
  ends('done', 2);
  await next;
  expect(begun[1]!.idempotency_key).toBe(first);
  expect(first).toBe('meanwhile/default/call_1');
});

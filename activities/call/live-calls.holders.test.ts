/** Which of several processes runs a call, and how the call goes on when that process is killed. */
import { CompleteAsyncError } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import { attempt, completed, NAME, stage, start, who } from '../../test/kit/call-stage.ts';
import { aloneIn, failed } from '../../test/kit/played-call.ts';
import type { Store } from '../../store/store.ts';
import type { LocalTool } from '../../tools/define.ts';
import type { WatchedCall } from './holder.ts';

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

describe('a process that asks whether its call goes on', () => {
  /** Its holder, which tells the test which call it watches. */
  const watching = (store: Store) => {
    const watched = Promise.withResolvers<WatchedCall>();
    const holder = {
      ...aloneIn(store),
      watch(call: WatchedCall) {
        watched.resolve(call);
        return () => {};
      },
    };
    return { holder, watched: watched.promise };
  };

  test('stops the tool of one that was cancelled', async () => {
    const { process, store, starts, begun } = stage();
    const { holder, watched } = watching(store);
    const run = process({ stateOf: async () => 'cancelled' }, holder).run(start, attempt());
    await starts(1);
    const call = await watched;
    await call.askTemporal();
    expect(await run).toEqual({ type: 'cancelled' });
    expect([begun[0]!.signal.aborted, call.heard_at]).toEqual([true, -Infinity]);
  });

  test.each([
    ['one that another process has', 'heard'],
    ['one that is about to start', 'due'],
  ] as const)('knows that it does from the attempt that it has, and from %s', async (_, heard) => {
    const { process, store, starts, ends } = stage();
    const { holder, watched } = watching(store);
    const first = attempt();
    const run = process({ beat: async () => heard }, holder).run(start, first);
    await starts(1);
    const call = await watched;
    const before = performance.now();
    await call.askTemporal();
    expect(call.heard_at).toBeGreaterThanOrEqual(before);
    const since = performance.now();
    first.tell('not_current');
    await expect(run).rejects.toBeInstanceOf(CompleteAsyncError);
    await expect.poll(() => call.heard_at).toBeGreaterThanOrEqual(since);
    ends('done');
  });
});

/** A heartbeat. */
const at = (checkpoint: number) => ({
  n: checkpoint,
  results: 0,
  since: [],
  repeats: [],
  filter: { report: { type: 'everything' }, milestone: 0, told_at: 0 },
  checkpoint,
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

  test("resumes from the holder's last heartbeat, even if it came after the attempt had been given out", async () => {
    const { process, starts, ends, begun } = await gone({});
    const server = { lastBeat: async () => at(5) };
    const next = process(server).run(start, attempt(2, { details: at(3) }));
    await starts(1);
    ends('done');
    expect(await next).toEqual(completed('done'));
    expect(begun.map(({ checkpoint }) => checkpoint)).toEqual([5]);
  });

  test('keeps the heartbeat of its holder while another process waits for the call', async () => {
    const { process, store } = await gone({});
    const holder = { ...aloneIn(store), hold: () => new Promise<never>(() => {}) };
    const waiting = attempt(2, { details: at(3) });
    let steps = 3;
    void process({ lastBeat: async () => at(++steps) }, holder).run(start, waiting);
    await expect.poll(() => waiting.beats.length).toBeGreaterThan(1);
    expect(waiting.beats.slice(0, 2)).toEqual([at(4), at(5)]);
  });

  test('does not resume in an attempt that is no longer current, but in the one that is', async () => {
    const { process, starts, ends, begun } = await gone({});
    const late = process({ stateOf: async () => 'not_current' }).run(start, attempt(2));
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

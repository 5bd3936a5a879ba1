/** While attempts come and go, the tool runs once and the current attempt gets its end. */
import { CompleteAsyncError } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { CallEnd } from '../../contract/signals.ts';
import { away } from '../../test/kit/away.ts';
import { attempt, completed, NAME, stage, start } from '../../test/kit/call-stage.ts';
import { aloneIn } from '../../test/kit/played-call.ts';
import type { CallContext, LocalTool } from '../../tools/define.ts';
import type { CallServer } from './call-server.ts';
import { type Holder, HoldLost, type WatchedCall } from './holder.ts';

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

describe('a worker that is told to stop', () => {
  const gates = () => {
    const begun: AbortSignal[] = [];
    const passed = Promise.withResolvers<void>();
    return { begun, passed };
  };
  /** Passes a checkpoint, or does not, and then runs until it is stopped. */
  const steps = (withCheckpoint: boolean, { begun, passed }: ReturnType<typeof gates>) =>
    async function* (_: unknown, { signal }: CallContext) {
      begun.push(signal);
      yield { type: 'progress' as const, percent: 10, ...(withCheckpoint && { checkpoint: 1 }) };
      passed.resolve();
      await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
    };

  test.each([
    ['at once', 'a tool that has passed a checkpoint', true, 'resume', true],
    ['at the deadline', 'a tool that would begin again', false, 'resume', false],
    ['at the deadline', 'a tool that must not go on elsewhere', true, 'fail', false],
  ] as const)('hands over %s %s', async (_, __, withCheckpoint, restart, isAtOnce) => {
    const gate = gates();
    const run = steps(withCheckpoint, gate) as unknown as LocalTool['run'];
    const { process } = stage({ run, restart });
    const calls = process();
    const one = calls.run(start, attempt(1)).catch((error: unknown) => error);
    await gate.passed.promise;
    calls.handOver();
    expect(gate.begun.map((signal) => signal.aborted)).toEqual([isAtOnce]);
    await calls.close();
    // Temporal gives it to another worker without a pause.
    if (restart === 'resume')
      expect(await one).toMatchObject({ type: 'WorkerShutdown', nextRetryDelay: 1 });
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

describe('an attempt that begins late, in a process that was frozen', () => {
  const late = () => attempt(1, { scheduled_at: Date.now() - 60_000 });

  test('does not begin when Temporal has given it up', async () => {
    const { process, begun } = stage({ restart: 'fail' });
    const calls = process({ stateOf: async () => 'not_current' });
    await expect(calls.run(start, late())).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(begun).toEqual([]);
  });

  test('does not begin when the call was cancelled meanwhile', async () => {
    const { process, begun } = stage();
    const calls = process({ stateOf: async () => 'cancelled' });
    expect(await calls.run(start, late())).toEqual({ type: 'cancelled' });
    expect(begun).toEqual([]);
  });

  test('begins when it is still the current one', async () => {
    const { process, begun, starts, ends } = stage();
    const one = process().run(start, late());
    await starts(1);
    ends('done');
    expect(await one).toEqual(completed('done'));
    expect(begun).toHaveLength(1);
  });
});

test('a tool does not go on after a step while another process may have its call, even if it reports nothing', async () => {
  const steps: number[] = [];
  const { process, store } = stage({
    restart: 'fail',
    async *run(_, call) {
      for (let step = 1; step <= 3; step += 1) {
        steps.push(step);
        yield call.progress(step * 30, '', { checkpoint: step });
      }
    },
  });
  const asked = Promise.withResolvers<WatchedCall>();
  const holder: Holder = {
    ...aloneIn(store),
    async confirm(call) {
      // The process was frozen during its second step.
      if (steps.length < 2) return;
      asked.resolve(call);
      await new Promise((_, reject) =>
        call.signal.addEventListener('abort', () => reject(call.signal.reason)),
      );
    },
  };
  const one = process({}, holder).run({ ...start, report: 'only the end' }, attempt());
  (await asked.promise).lose(new HoldLost('Another worker has the call.'));
  await expect(one).rejects.toMatchObject({ type: 'HoldLost' });
  expect(steps).toEqual([1, 2]);
});

test('an attempt that begins promptly costs no request', async () => {
  const { process, starts, ends } = stage();
  const stateOf = () => Promise.reject(new Error('It was asked.'));
  const one = process({ stateOf }).run(start, attempt(1));
  await starts(1);
  ends('done');
  expect(await one).toEqual(completed('done'));
});

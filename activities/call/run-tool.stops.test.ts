import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ActivityCancellationDetails,
  CancelledFailure,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { aborted, aloneIn, conversation, failed, MANY, play } from '../../test/kit/played-call.ts';
import type { CallContext } from '../../tools/define.ts';

describe('a tool that takes too long', () => {
  test('is stopped, and the reason says so', async () => {
    let stopped = false;
    const call = play(
      async (_: unknown, { signal }: CallContext) => {
        try {
          await aborted(signal);
        } finally {
          stopped = true;
        }
      },
      { tool: { timeout_ms: 20 } },
    );
    expect(await call.end).toEqual(failed('Timeout', 'play did not end within 0.02 seconds.'));
    expect(stopped).toBe(true);
  });

  test('ends even if it ignores its signal', async () => {
    const call = play(() => new Promise(() => {}), { tool: { timeout_ms: 5 }, stop_ms: 5 });
    expect(await call.end).toMatchObject(failed('Timeout', /did not end/));
    expect(call.logged).toEqual(['The tool has not stopped within 5 ms of its abort signal.']);
  });
});

describe('a call that is cancelled', () => {
  /** Yields once, then waits for its signal; `stopped` is true after its cleanup. */
  function waiting(cleanup: () => Promise<void> = async () => {}) {
    const started = Promise.withResolvers<void>();
    const state = { started: started.promise, stopped: false };
    return {
      state,
      async *run(_: unknown, { signal, result }: CallContext) {
        try {
          yield result('first');
          started.resolve();
          await aborted(signal);
        } finally {
          await cleanup();
          state.stopped = true;
        }
      },
    };
  }

  test('throws CancelledFailure, but only after the tool has stopped', async () => {
    const stopping = Promise.withResolvers<void>();
    const mayStop = Promise.withResolvers<void>();
    const { run, state } = waiting(() => {
      stopping.resolve();
      return mayStop.promise;
    });
    const call = play(run, { tool: MANY });
    let isOver = false;
    const over = call.end.finally(() => (isOver = true));
    const thrown = expect(over).rejects.toThrow(CancelledFailure);
    await state.started;
    call.environment.cancel();
    await stopping.promise;
    await nextTurn();
    expect(isOver).toBe(false);
    mayStop.resolve();
    await thrown;
    expect(state.stopped).toBe(true);
    expect(call.logged).toEqual([]);
  });

  test('logs a failing cleanup, which changes nothing', async () => {
    const { run, state } = waiting(() => Promise.reject(new Error('stuck')));
    const call = play(run, { tool: MANY });
    await state.started;
    call.environment.cancel();
    await expect(call.end).rejects.toThrow(CancelledFailure);
    expect(call.logged).toEqual(['The tool failed while it was being stopped.']);
  });

  test('ends its generator even while an event is being delivered', async () => {
    const { run, state } = waiting();
    const sending = Promise.withResolvers<void>();
    const call = play(run, {
      tool: MANY,
      signalConversation() {
        sending.resolve();
        return new Promise(() => {});
      },
    });
    await sending.promise;
    call.environment.cancel();
    await expect(call.end).rejects.toThrow(CancelledFailure);
    expect(state.stopped).toBe(true);
  });

  test('before its tool begins never begins it', async () => {
    let began = false;
    const call = play(async () => (began = true));
    call.environment.cancel();
    await expect(call.end).rejects.toThrow(CancelledFailure);
    expect(began).toBe(false);
  });

  test('by the shutdown of the worker fails so that Temporal retries it', async () => {
    const { run, state } = waiting();
    const call = play(run, { tool: MANY });
    await state.started;
    const details = new ActivityCancellationDetails({ workerShutdown: true });
    call.environment.cancel('WORKER_SHUTDOWN', details);
    await expect(call.end).rejects.toMatchObject({ type: 'WorkerShutdown', nonRetryable: false });
    expect(state.stopped).toBe(true);
  });

  test('by the end of the conversation ends quietly and stops the tool', async () => {
    const { run, state } = waiting();
    const call = play(run, {
      tool: MANY,
      async signalConversation() {
        throw new WorkflowNotFoundError('closed', 'conversation/default/c', undefined);
      },
    });
    expect(await call.end).toEqual({ type: 'cancelled' });
    expect(state.stopped).toBe(true);
  });
});

describe('after a crash', () => {
  const script = async function* (_: unknown, call: CallContext) {
    const from = (call.checkpoint as number | undefined) ?? 0;
    for (let step = from + 1; step <= 10; step += 1) {
      yield call.progress(step * 10, `from ${from}`, { checkpoint: step });
    }
    return { from };
  };

  test('the tool resumes from its checkpoint, with the next number and no milestone twice', async () => {
    const crashed = new Error('the worker dies here');
    const first = play(script, {
      async signalConversation(_, { n }) {
        if (n === 2) throw crashed;
      },
    });
    await first.end;
    const second = play(script, { attempt: 2, details: first.beats.at(-1) });
    expect(await second.end).toEqual({ type: 'completed', result: { from: 4 } });
    expect(second.told.map(({ n, percent }) => [n, percent])).toEqual([
      [2, 50],
      [3, 80],
      [4, 100],
    ]);
  });

  test('each delivered event and each checkpoint is in a heartbeat at once', async () => {
    const call = play(script);
    await call.end;
    expect(call.beats.map(({ n, checkpoint }) => [n, checkpoint])).toEqual([
      [0, 1],
      [0, 2],
      [1, 3],
      [1, 4],
      [2, 5],
      [2, 6],
      [2, 7],
      [3, 8],
      [3, 9],
      [4, 10],
    ]);
  });

  test('the results of the previous attempt count and are not told again', async () => {
    const run = async function* (_: unknown, { result }: CallContext) {
      yield result('a');
      yield result('b');
      return 'c';
    };
    const tool = { results: { min: 3, max: 3 } };
    const first = play(run, { tool });
    await first.end;
    const second = play(run, { tool, attempt: 2, details: first.beats.at(0) });
    expect(await second.end).toEqual({ type: 'completed', result: 'c' });
    expect(second.told.map(({ n, data }) => [n, data])).toEqual([[2, 'b']]);
  });

  test('a tool that must not run twice does not, and the call fails with that reason', async () => {
    let ran = false;
    const store = createMemoryStore();
    await store.holdCall(
      { tenant: conversation.tenant, call_id: 'call_1' },
      { holder: 'dead', run: '', body: 'function', lease_ms: 1 },
    );
    const call = play(async () => (ran = true), {
      tool: { restart: 'fail' },
      attempt: 2,
      holder: aloneIn(store),
    });
    expect(await call.end).toMatchObject(
      failed('WorkerLost', /stopped before play ended.*unknown/),
    );
    expect(ran).toBe(false);
  });

  test('a tool that must not run twice runs normally in its first attempt', async () => {
    expect(await play(async () => 1, { tool: { restart: 'fail' } }).end).toMatchObject({
      type: 'completed',
    });
  });

  test.each(['garbage', { n: 'two' }, [], 7])('details like %j fail the call', async (details) => {
    const call = play(script, { attempt: 2, details });
    expect(await call.end).toMatchObject(failed('InvalidCheckpoint', /cannot resume/));
  });
});

import { ServiceError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { CallFailed } from './call-failed.ts';
import { ConversationGone, deliver } from './deliver.ts';

/** An error as the client throws it. */
function grpc(code: number): Error {
  const cause = Object.assign(new Error(`code ${code}`), { code, details: '', metadata: {} });
  return new ServiceError('Failed to signal Workflow', { cause });
}

/** A server that fails with these errors in turn and then accepts. */
function server(...answers: Error[]) {
  const calls: number[] = [];
  return {
    calls,
    send: async () => {
      calls.push(calls.length);
      const answer = answers.shift();
      if (answer) throw answer;
    },
  };
}
const never = new AbortController().signal;

test('a delivery that arrives is sent once', async () => {
  const { send, calls } = server();
  await deliver(send, never);
  expect(calls).toHaveLength(1);
});

test('a delivery is retried while the server is unavailable', async () => {
  const { send, calls } = server(grpc(14), grpc(4));
  await deliver(send, never);
  expect(calls).toHaveLength(3);
});

test('a delivery to a conversation that has ended is not retried', async () => {
  const { send, calls } = server(
    new WorkflowNotFoundError('gone', 'conversation/default/c', undefined),
  );
  await expect(deliver(send, never)).rejects.toThrow(ConversationGone);
  expect(calls).toHaveLength(1);
});

test.each([
  ['a refusal', grpc(3)],
  ['a bug in the code', new TypeError('x is not a function')],
])('%s fails the call at once', async (_, error) => {
  const { send, calls } = server(error);
  const failing = deliver(send, never);
  await expect(failing).rejects.toThrow(CallFailed);
  await expect(failing).rejects.toMatchObject({ type: 'NotDelivered' });
  expect(calls).toHaveLength(1);
});

describe('an abort', () => {
  const reason = new Error('cancelled');

  test('ends an attempt that hangs', async () => {
    const stop = new AbortController();
    const delivering = deliver(() => {
      stop.abort(reason);
      return new Promise(() => {});
    }, stop.signal);
    await expect(delivering).rejects.toBe(reason);
  });

  test('ends the pause between two attempts', async () => {
    const stop = new AbortController();
    const { send } = server(...Array.from({ length: 1_000 }, () => grpc(14)));
    let tried = 0;
    const delivering = deliver(async () => {
      tried += 1;
      if (tried === 2) setImmediate(() => stop.abort(reason));
      await send();
    }, stop.signal);
    await expect(delivering).rejects.toBe(reason);
    expect(tried).toBe(2);
  });

  test('before the first attempt sends nothing', async () => {
    const { send, calls } = server();
    await expect(deliver(send, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(calls).toEqual([]);
  });
});

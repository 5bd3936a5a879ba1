import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withHeartbeat } from './heartbeat.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

test('the heartbeat is sent every second while the work is silent, and stops with it', async () => {
  const environment = new MockActivityEnvironment();
  let beats = 0;
  environment.on('heartbeat', () => (beats += 1));
  const work = Promise.withResolvers<string>();
  const result = environment.run(() => withHeartbeat(() => work.promise));
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
  vi.advanceTimersByTime(3_000);
  expect(beats).toBe(3);
  work.resolve('done');
  expect(await result).toBe('done');
  expect(vi.getTimerCount()).toBe(0);
});

test('the heartbeat stops when the work fails', async () => {
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const failing = environment.run(() =>
    withHeartbeat(() => Promise.reject(new Error('It broke.'))),
  );
  await expect(failing).rejects.toThrow('It broke.');
  expect(vi.getTimerCount()).toBe(0);
});

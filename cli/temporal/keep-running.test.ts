import { expect, test, vi } from 'vitest';
import { keepRunning } from './keep-running.ts';
import type { Server } from './launch.ts';

test('a server that exits is restarted at once', async () => {
  const { first, started, stop, kept, starts } = keep();
  first.exit('SIGKILL');
  await vi.waitFor(() => expect(started).toHaveLength(1));
  expect(starts()).toBe(1);
  stop.abort();
  await kept;
});

test('no server is restarted after a stop', async () => {
  const { first, stop, kept, starts } = keep();
  stop.abort();
  first.exit('SIGTERM');
  await kept;
  expect(starts()).toBe(0);
});

test('a server that cannot be started is retried with backoff, then given up with the last reason', async () => {
  const { first, kept, pauses, lines } = keep(() => Promise.reject(new Error('The disk is full.')));
  first.exit('exit code 1');
  await expect(kept).rejects.toThrow('The disk is full. Giving up after 6 tries.');
  expect(pauses).toEqual([0, 500, 1_000, 2_000, 5_000, 10_000]);
  expect(lines[0]).toBe('The Temporal server stopped (exit code 1). Restarting it …');
});

test('a server that repeatedly exits soon after its start is given up', async () => {
  const { first, kept, starts } = keep(() => Promise.resolve(fakeServer().exit('SIGSEGV')));
  first.exit('SIGSEGV');
  await expect(kept).rejects.toThrow('stopped (SIGSEGV). Giving up after 6 tries.');
  expect(starts()).toBe(6);
});

test('a server that ran for a while is restarted at once, however often', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const { first, kept, stop, pauses } = keep(
    () => {
      if (pauses.length === 20) stop.abort();
      return Promise.resolve(fakeServer().exit('SIGKILL'));
    },
    () => vi.advanceTimersByTime(31_000),
  );
  vi.advanceTimersByTime(31_000);
  first.exit('SIGKILL');
  await kept;
  vi.useRealTimers();
  expect(pauses).toEqual(Array(20).fill(0));
});

interface FakeServer extends Server {
  exit(how: string): this;
}

/** `readied` is called when a new server is ready. */
function keep(start = () => Promise.resolve(fakeServer()), readied = () => {}) {
  const stop = new AbortController();
  const first = fakeServer();
  const started: Server[] = [];
  const lines: string[] = [];
  const pauses: number[] = [];
  let starts = 0;
  const kept = keepRunning(first, {
    start() {
      starts += 1;
      return start();
    },
    started(server) {
      started.push(server);
      readied();
    },
    signal: stop.signal,
    log: (line) => void lines.push(line),
    pause(ms) {
      pauses.push(ms);
      return Promise.resolve();
    },
  });
  return { first, started, lines, pauses, stop, kept, starts: () => starts };
}

function fakeServer(): FakeServer {
  const { promise, resolve } = Promise.withResolvers<string>();
  return {
    identity: { pid: 1, began: '', boot: '' },
    port: 1,
    uiPort: 2,
    exited: promise,
    exit(how) {
      resolve(how);
      return this;
    },
  };
}

import { LoggerWithComposedMetadata } from '@temporalio/common/lib/logger.js';
import { DefaultLogger, type LogLevel } from '@temporalio/worker';
import { expect, test, vi } from 'vitest';
import { withoutTraces } from './without-traces.ts';

/** A worker with such a logger. The mocks count how often facts are composed and lines are written. */
function startWorker(level: LogLevel) {
  const facts = vi.fn(() => ({ run: 1 }));
  const lines = vi.fn();
  const runtime = new DefaultLogger(level, ({ message }) => lines(message));
  const worker = { logger: LoggerWithComposedMetadata.compose(runtime, facts) };
  withoutTraces(worker, runtime);
  return { worker, facts, lines };
}

test('the facts of a trace are not put together when the logger drops it', () => {
  const { worker, facts, lines } = startWorker('WARN');
  worker.logger.trace('Got a task');
  expect(facts).not.toHaveBeenCalled();
  worker.logger.warn('Lost a task');
  expect(lines.mock.calls).toEqual([['Lost a task']]);
});

test('a logger that keeps traces gets them', () => {
  const { worker, lines } = startWorker('TRACE');
  worker.logger.trace('Got a task');
  expect(lines.mock.calls).toEqual([['Got a task']]);
});

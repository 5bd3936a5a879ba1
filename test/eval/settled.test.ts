import { expect, test } from 'vitest';
import { isSettled } from './settled.ts';
import { createLog } from './small-log.ts';

test('a message is settled when a reply that it caused is complete', () => {
  const log = createLog();
  const first = log.user('Hello.');
  expect(isSettled(log.entries)).toBe(false);
  log.says('News.', []);
  expect(isSettled(log.entries)).toBe(false);
  log.saysCutOff('Hel', [first]);
  expect(isSettled(log.entries)).toBe(false);
  log.says('Hello.', [first]);
  expect(isSettled(log.entries)).toBe(true);
});

test('a conversation is not settled while the agent speaks', () => {
  const log = createLog();
  log.begins([]);
  expect(isSettled(log.entries)).toBe(false);
});

test('a call is settled when it has been started or dropped', () => {
  const log = createLog();
  log.asks('call_1', 'request_quote', {});
  expect(isSettled(log.entries)).toBe(false);
  log.starts('call_1');
  expect(isSettled(log.entries)).toBe(true);
  log.asksAndDrops('call_2', 'request_quote', {});
  expect(isSettled(log.entries)).toBe(true);
});

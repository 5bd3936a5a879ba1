import { expect, test } from 'vitest';
import { formatMessage, parseMessage, type SentMessage } from './bus-message.ts';

test.each<SentMessage>([
  { type: 'poke' },
  { type: 'delta', reply_id: 'reply_1', attempt: 2, offset: 7, text: '\0 \ud83d "\n' },
  { type: 'progress', call_id: 'call_1', percent: 0.5, note: 'half' },
  { type: 'progress', call_id: 'call_1' },
  { type: 'stop', reply_id: 'reply_1' },
])('a message arrives as it was sent: %j', (message) => {
  expect(parseMessage(formatMessage('process_1', message))).toEqual({ from: 'process_1', message });
});

test.each([
  '',
  'poke',
  'null',
  '{"from":"p"}',
  '{"from":"p","message":{"type":"sing"}}',
  '{"from":"p","message":{"type":"delta","reply_id":"reply_1"}}',
  '{"from":"p","message":{"type":"missed"}}',
])('anything else is ignored: %s', (text) => {
  expect(parseMessage(text)).toBeUndefined();
});

import { expect, test } from 'vitest';
import { begins, installing, log, open, read, says } from '../test/kit/log-lines.ts';

const stored = (n: number | 'end') => ({ n, bytes: 200_000, head: '[1,2,3'.padEnd(2_000, '.') });
const partial = {
  kind: 'call.event',
  call_id: 'call_a',
  n: 1,
  event: 'result',
  stored: stored(1),
  schedule: 'when_idle',
};
const completed = {
  kind: 'call.completed',
  call_id: 'call_a',
  result: null,
  stored: stored('end'),
};
const shown = (n: number | 'end') => ({
  ...stored(n),
  note: 'Only its beginning. read_result reads on, from offset 2000.',
});

test('the model sees the beginning and the size of a large result, and how to read on', () => {
  const { messages } = read(log(...installing, partial, completed, begins('reply_2')));
  expect(JSON.parse(messages.at(-1)!.text)).toEqual({
    status: 'completed',
    stored: shown('end'),
    results: [{ n: 1, stored: shown(1) }],
  });
});

test('the model sees the same of a large result that comes later, as an event', () => {
  const { messages } = read(
    log(...installing, says('And?'), begins('reply_2'), partial, completed),
  );
  const events = messages.flatMap(({ text }) => /^<event>(.*)<\/event>$/.exec(text)?.[1] ?? []);
  const whose = { call_id: 'call_a', tool: 'run_installer' };
  expect(events.map((event) => JSON.parse(event))).toEqual([
    { ...whose, n: 1, stored: shown(1) },
    { ...whose, status: 'completed', stored: shown('end') },
  ]);
});

test('the beginning of a large result is sent once, and the moment refers to it', () => {
  const entries = log(...installing, begins('reply_2'), partial, completed, begins('reply_3'));
  const { messages } = read(entries, { because: 'news', news: [7, 8], calls: [open] });
  const brief = (n: number | 'end') => ({
    n,
    bytes: 200_000,
    note: 'Its beginning is shown above.',
  });
  expect(JSON.parse(/^<now>(.*)<\/now>$/.exec(messages.at(-1)!.text)![1]!).news).toEqual([
    {
      call_id: 'call_a',
      tool: 'run_installer',
      results: [{ n: 1, stored: brief(1) }],
      status: 'completed',
      stored: brief('end'),
    },
  ]);
  const whole = JSON.stringify(messages);
  expect(whole.split(stored(1).head.slice(0, 100)).length - 1).toBe(2);
  expect(whole.length).toBeLessThan(6_500);
});

test('data of a tool that looks like a stored result is shown as data', () => {
  const result = { stored: stored('end') };
  const { messages } = read(log(...installing, { ...completed, result, stored: undefined }));
  expect(JSON.parse(messages.at(-1)!.text)).toEqual({ status: 'completed', result });
});

test('a result with parts that a model cannot read is shown as its readable part alone', () => {
  const result = ['Here it is.', { type: 'image', bytes: 4_035 }];
  const { messages } = read(log(...installing, { ...completed, result }));
  expect(JSON.parse(messages.at(-1)!.text)).toEqual({ status: 'completed', result });
});

import { expect, test } from 'vitest';
import {
  begins,
  completes,
  installing,
  log,
  open,
  progress,
  read,
  says,
} from '../test/kit/log-lines.ts';

const nowOf = (messages: { text: string }[]) =>
  JSON.parse(/^<now>(.*)<\/now>$/.exec(messages.at(-1)!.text)![1]!);

test('without news and open calls an answer to a message needs no moment', () => {
  expect(read(log(says('Hi.'))).messages).toEqual([{ role: 'user', text: 'Hi.' }]);
});

test('the moment names the reason, one item of news for each call and the live state of open calls', () => {
  const entries = log(
    ...installing,
    begins('reply_2'),
    completes('reply_2', ''),
    progress('call_a', 1, 25),
    progress('call_a', 2, 50),
  );
  const { messages } = read(
    entries,
    { because: 'news', news: [8, 9], calls: [open] },
    { call_a: { percent: 61, note: 'linking', at: '2030-01-01T00:10:00.000Z' } },
  );
  expect(nowOf(messages)).toEqual({
    because: 'news',
    news: [{ call_id: 'call_a', tool: 'run_installer', percent: 50, note: 'unpacking' }],
    calls: [
      {
        call_id: 'call_a',
        tool: 'run_installer',
        input: { package: 'alpha' },
        report: 'every 25 percent',
        status: 'running',
        percent: 61,
        note: 'linking',
      },
    ],
  });
});

test('live progress that is older than the log is replaced by the log', () => {
  const { messages } = read(
    log(...installing, begins('reply_2'), progress('call_a', 1, 50)),
    { calls: [open] },
    { call_a: { percent: 31, at: '2029-12-31T23:59:59.000Z' } },
  );
  expect(nowOf(messages).calls[0]).toMatchObject({ percent: 50, note: 'unpacking' });
});

test('an end among the news replaces earlier progress, and partial results stay', () => {
  const result = (n: number) => ({
    kind: 'call.event',
    call_id: 'call_a',
    n,
    event: 'result',
    data: `part ${n}`,
    schedule: 'when_idle',
  });
  const { messages } = read(
    log(...installing, begins('reply_2'), result(1), progress('call_a', 2, 50), result(3), {
      kind: 'call.completed',
      call_id: 'call_a',
      result: 'whole',
    }),
    { because: 'news', news: [7, 8, 9, 10] },
  );
  expect(nowOf(messages).news).toEqual([
    {
      call_id: 'call_a',
      tool: 'run_installer',
      results: [
        { n: 1, data: 'part 1' },
        { n: 3, data: 'part 3' },
      ],
      status: 'completed',
      result: 'whole',
    },
  ]);
});

test('a large result is sent once, and the moment refers to it', () => {
  const { messages } = read(
    log(...installing, begins('reply_2'), {
      kind: 'call.completed',
      call_id: 'call_a',
      result: 'x'.repeat(5_000),
    }),
    { because: 'news', news: [7] },
  );
  expect(nowOf(messages).news[0].result).toBe('Shown in full above.');
  expect(
    messages
      .map(({ text }) => text)
      .join('')
      .match(/x{5000}/g),
  ).toHaveLength(1);
});

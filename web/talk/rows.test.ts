import { expect, test } from 'vitest';
import { type Entry, foldOf } from '../../client/index.ts';
import { createFold } from '../../client/fold.ts';
import { becauseOf } from './because.ts';
import { createRows, rowOf, rowsOf } from './rows.ts';

let seq = 0;
const at = '2030-01-01T00:00:00.000Z';
const tool = { type: 'tool', id: 'x' } as const;
function entry(kind: string, body: object): Entry {
  seq += 1;
  return { seq, at, actor: tool, cause: [], kind, ...body } as unknown as Entry;
}
function log(...steps: [kind: string, body: object][]) {
  seq = 0;
  const entries = steps.map(([kind, body]) => entry(kind, body));
  return foldOf(entries.map((data) => ({ type: 'entry', id: String(data.seq), data })));
}
const requested = (call_id: string, input: object = {}) =>
  ['call.requested', { call_id, tool: 'install', input }] as [string, object];
const said = (reply_id: string, cause: number[] = [], because = 'news'): [string, object][] => [
  ['reply.started', { reply_id, because, reason: '', cause }],
  ['reply.completed', { reply_id, text: 'Well.', usage: { input_tokens: 1, output_tokens: 1 } }],
];

test('rows stand in the order of the log, and a call has one where it begins and one where it ends', () => {
  const state = log(
    ['message.user', { message_id: 'm', text: 'Go.', when_busy: 'interrupt' }],
    requested('a'),
    ['call.started', { call_id: 'a' }],
    ['call.event', { call_id: 'a', n: 1, event: 'result', data: 1, schedule: 'when_idle' }],
    ['call.completed', { call_id: 'a', result: 2 }],
    ['limit.reached', { limit: 'max_tokens', value: 5 }],
  );
  expect(rowsOf(state).map(({ kind, seq }) => [kind, seq])).toEqual([
    ['message', 1],
    ['call', 2],
    ['result', 4],
    ['end', 5],
    ['notice', 6],
  ]);
});

test('every entry of a reply is shown in its row, even if other rows came before its end', () => {
  const state = log(
    requested('a'),
    ['reply.started', { reply_id: 'reply_1', because: 'news', reason: '', cause: [] }],
    ['call.event', { call_id: 'a', n: 1, event: 'result', data: 1, schedule: 'when_idle' }],
    ['reply.interrupted', { reply_id: 'reply_1', text: 'Well', by: 'event', rolled_back: false }],
    ['call.completed', { call_id: 'a', result: 2 }],
    ['receipt', { of: 5, outcome: 'spoken', reply_id: 'reply_1' }],
  );
  const rows = rowsOf(state);
  const shown = (to: number) => rows[rowOf(rows, state.entries, to)]!.kind;
  expect([1, 2, 3, 4, 5, 6, 99].map(shown)).toEqual([
    ...['call', 'message', 'result', 'message', 'end', 'end', 'end'],
  ]);
  expect(rowOf([], [], 1)).toBe(-1);
});

test('the lane of a call goes from its first row to its last, and is free again after that', () => {
  const state = log(
    requested('a'),
    requested('b'),
    ['call.completed', { call_id: 'a', result: 1 }],
    requested('c'),
    ['call.completed', { call_id: 'b', result: 1 }],
  );
  const drawn = rowsOf(state).map(({ lanes }) =>
    lanes.map(({ call, lane, part }) => `${call.id}${lane} ${part}`),
  );
  expect(drawn).toEqual([
    ['a0 start'],
    ['a0 through', 'b1 start'],
    ['a0 end', 'b1 through'],
    ['c0 start', 'b1 through'],
    ['c0 through', 'b1 end'],
  ]);
});

test('an unprompted message says what made the agent speak, and an end says more than 100 %', () => {
  const progress = (percent: number): [string, object] => [
    'call.event',
    { call_id: 'a', n: percent, event: 'progress', percent, schedule: 'when_idle' },
  ];
  const state = log(
    requested('a', { package: 'beta' }),
    progress(50),
    ...said('reply_1', [2]),
    progress(100),
    ['call.completed', { call_id: 'a', result: 1 }],
    ...said('reply_2', [5, 6]),
    ...said('reply_3', [], 'message'),
  );
  const words = state.messages.flatMap((message) =>
    message.from === 'agent' ? [becauseOf(message, state.entries, state.calls)] : [],
  );
  expect(words).toEqual(['install beta reached 50\u00a0%', 'install beta finished', undefined]);
});

test('while a reply grows, only its row is new', () => {
  const steps: [kind: string, body: object][] = [
    ['message.user', { message_id: 'm', text: 'Go.', when_busy: 'interrupt' }],
    requested('a'),
    ['reply.started', { reply_id: 'reply_1', because: 'message', reason: '', cause: [1] }],
  ];
  const fold = createFold();
  steps.forEach(([kind, body], nth) =>
    fold.apply({
      type: 'entry',
      id: String(nth + 1),
      data: { ...entry(kind, body), seq: nth + 1 },
    }),
  );
  const rows = createRows();
  const before = rows(fold.state());
  fold.apply({ type: 'delta', data: { reply_id: 'reply_1', attempt: 1, offset: 0, text: 'Hel' } });
  const after = rows(fold.state());
  expect(after).toEqual(rowsOf(fold.state()));
  expect(after.map((row, nth) => row === before[nth])).toEqual([true, true, false]);
  fold.apply({ type: 'progress', data: { call_id: 'a', percent: 5 } });
  expect(rows(fold.state())).toEqual(rowsOf(fold.state()));
  fold.apply({ type: 'rewind', id: '1', data: { to: 1 } });
  expect(rows(fold.state())).toEqual(rowsOf(fold.state()));
});

test('a reply that was interrupted before its first word has no row', () => {
  const interrupted = (reply_id: string, text: string): [string, object][] => [
    ['reply.started', { reply_id, because: 'message', reason: '', cause: [1] }],
    ['reply.interrupted', { reply_id, text, by: 'message', rolled_back: false }],
  ];
  const state = log(
    ['message.user', { message_id: 'm', text: 'Go.', when_busy: 'interrupt' }],
    ...interrupted('reply_1', ''),
    ...interrupted('reply_2', 'We'),
  );
  expect(rowsOf(state).map(({ seq }) => seq)).toEqual([1, 4]);
});

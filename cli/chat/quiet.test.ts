import { expect, test } from 'vitest';
import { foldOf } from '../../client/index.ts';
import { begins, completes, log, progress, says } from '../../test/kit/log-lines.ts';
import { whyQuiet } from './quiet.ts';
import { isOver, isSettled } from './settled.ts';

const stateOf = (...bodies: Parameters<typeof log>) =>
  foldOf(log(...bodies).map((data) => ({ type: 'entry', id: `${data.seq}.0`, data })));

const call = { call_id: 'call_a' };
const requested = {
  ...{ kind: 'call.requested', ...call, tool: 'install', input: { package: 'alpha' } },
  report: 'every 25 percent',
};
const started = { kind: 'call.started', ...call };
const completed = { kind: 'call.completed', ...call, result: 1 };
const answered = [
  says('Hi.'),
  { ...begins('reply_1'), cause: [1] },
  completes('reply_1', 'Hello!'),
];

test.each<[string, Parameters<typeof log>, RegExp, settled: boolean, over: boolean]>([
  ['nothing runs', answered, /nothing is running/, true, true],
  ['it speaks', answered.slice(0, 2), /speaking now/, false, false],
  ['a message waits for its answer', answered.slice(0, 1), /nothing is running/, false, false],
  ['a call is about to start', [...answered, requested], /nothing is running/, false, false],
  [
    'a call runs',
    [...answered, requested, started],
    /install alpha is running and reports every 25 percent \(R7\)/,
    true,
    false,
  ],
  [
    'a call is queued',
    [...answered, requested, { kind: 'call.queued', ...call, position: 1 }],
    /place 1 \(R9\)/,
    true,
    false,
  ],
  [
    'a person has to decide',
    [
      ...answered,
      requested,
      { kind: 'call.awaiting_approval', ...call, why: 'May it?', expires_at: '' },
    ],
    /install alpha waits for your approval/,
    true,
    true,
  ],
  [
    'results are awaited together',
    [...answered, { ...requested, awaits: 'managed', results: 2 }, started],
    /suspended until its results are in \(R8\): 0 of 2 results/,
    true,
    false,
  ],
  [
    'news is about to be told',
    [...answered, requested, started, completed],
    /1 piece of news .*\(R6\)/,
    true,
    false,
  ],
  [
    'news was told',
    [...answered, requested, started, completed, { kind: 'receipt', of: [6], fate: 'spoken' }],
    /nothing is running/,
    true,
    true,
  ],
  [
    'the agent has cancelled a call',
    [
      ...answered,
      { ...requested, tool: 'cancel_call' },
      { ...completed, result: { cancelled: 'call_b' } },
    ],
    /nothing is running/,
    true,
    true,
  ],
  [
    'silent news is kept',
    [...answered, requested, started, { ...progress('call_a', 1, 10), schedule: 'silent' }],
    /1 silent event will be told with the next turn \(R5\)/,
    true,
    false,
  ],
  [
    'a limit is reached',
    [
      ...answered,
      requested,
      started,
      completed,
      { kind: 'limit.reached', limit: 'unsolicited_in_a_row', value: 30 },
    ],
    /unsolicited_in_a_row \(30\) is reached \(R12\)\. It speaks again after your next message/,
    true,
    true,
  ],
  ['it is closed', [...answered, { kind: 'conversation.closed' }], /closed \(R15\)/, true, true],
])(
  'when %s, the reason is named, and a script is told whether to continue',
  (_, entries, why, settled, over) => {
    const state = stateOf(...entries);
    expect(whyQuiet(state).join('\n')).toMatch(why);
    expect([isSettled(state), isOver(state)]).toEqual([settled, over]);
  },
);

test('a message that cut off a reply is answered by the next one, which names both as its cause', () => {
  const cut = {
    kind: 'reply.interrupted',
    reply_id: 'reply_1',
    text: '',
    by: 'message',
    rolled_back: false,
  };
  const both = [says('A'), { ...begins('reply_1'), cause: [1] }, says('B'), cut];
  expect(isSettled(stateOf(...both))).toBe(false);
  const next = [{ ...begins('reply_2'), cause: [1, 3] }, completes('reply_2', 'Both.')];
  expect(isSettled(stateOf(...both, ...next))).toBe(true);
});

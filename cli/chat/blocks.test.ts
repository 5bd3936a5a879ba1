import { expect, test } from 'vitest';
import { begins, completes, log, progress, says } from '../../test/kit/log-lines.ts';
import { createBlocks } from './blocks.ts';

/** The blocks that these entries print, a line each. */
function printed(...bodies: Parameters<typeof log>): string[] {
  const blocks = createBlocks();
  return log(...bodies).flatMap((entry) => {
    const block = blocks.add(entry);
    return block ? [`${block.kind}: ${block.text}${block.note ? ` (${block.note})` : ''}`] : [];
  });
}

const call = { call_id: 'call_a' };
const requested = { kind: 'call.requested', ...call, tool: 'install', input: { package: 'alpha' } };

test('a reply is printed once it is complete, and an unprompted one says why', () => {
  const news = {
    kind: 'reply.started',
    reply_id: 'reply_2',
    because: 'news',
    reason: '50 % of call_a',
  };
  expect(
    printed(
      says('Hi.'),
      begins('reply_1'),
      completes('reply_1', 'Hello!'),
      requested,
      news,
      completes('reply_2', 'Half.'),
    ),
  ).toEqual(['user: Hi.', 'agent: Hello!', 'agent: Half. (unasked: 50 % of install alpha)']);
});

test('a reply that only requested calls prints nothing', () => {
  expect(printed(begins('reply_1'), completes('reply_1', ''))).toEqual([]);
});

test('a reply that was cut off says by what, even if nothing had been said', () => {
  const cut = (text: string, by: string) => ({
    kind: 'reply.interrupted',
    reply_id: 'reply_1',
    text,
    by,
  });
  expect(printed(begins('reply_1'), cut('The sea', 'request'))).toEqual([
    'agent: The sea (interrupted)',
  ]);
  expect(printed(begins('reply_1'), cut('', 'message'))).toEqual([
    'agent: … (cut off by your message)',
  ]);
});

test('a call prints each change of its status, and not its progress', () => {
  expect(
    printed(
      requested,
      { kind: 'call.queued', ...call, position: 2 },
      { kind: 'call.started', ...call },
      progress('call_a', 1, 50),
      {
        kind: 'call.event',
        ...call,
        n: 2,
        event: 'result',
        data: { rows: 7 },
        schedule: 'when_idle',
      },
      { kind: 'call.completed', ...call, result: 1 },
    ),
  ).toEqual([
    'call: ▹ install alpha is queued, place 2',
    'call: ▸ install alpha started',
    'call: · install alpha {"rows":7}',
    'call: ✓ install alpha completed after 3 s',
  ]);
});

test('the call by which the agent cancels another is not printed itself', () => {
  const cancelling = { kind: 'call.requested', call_id: 'call_b', tool: 'cancel_call', input: {} };
  expect(
    printed(
      requested,
      cancelling,
      { kind: 'call.completed', call_id: 'call_b', result: {} },
      {
        kind: 'call.cancelled',
        ...call,
        by: 'agent',
      },
    ),
  ).toEqual(['call: ✗ install alpha was cancelled by the agent']);
});

test('a decision is printed with its reason, and a limit names the command that says more', () => {
  const ann = { actor: { type: 'user', id: 'ann' } };
  expect(
    printed(
      requested,
      { kind: 'call.awaiting_approval', ...call, why: 'May it?', expires_at: '' },
      { kind: 'call.denied', ...call, ...ann, reason: 'Too much.' },
      { kind: 'limit.reached', limit: 'unsolicited_in_a_row', value: 30 },
    ),
  ).toEqual([
    'call: ? install alpha waits for approval: May it?',
    'call: ✗ install alpha was denied: Too much.',
    'notice: The agent keeps quiet now: unsolicited_in_a_row (30) is reached. /why says more.',
  ]);
});

test.each([
  ['accept', '✓ install alpha was answered by ann'],
  ['decline', '✗ install alpha was refused an answer by ann'],
  ['cancel', '· install alpha got no answer'],
])('an answer with the action %s is not shown as an approval', (action, line) => {
  const ann = { actor: { type: 'user', id: 'ann' } };
  const answered = { kind: 'call.answered', ...call, ...ann, question_id: 'q1', action };
  expect(printed(requested, answered)).toEqual([`call: ${line}`]);
});

test('text of a model or a tool cannot move the cursor or forge a line of another kind', () => {
  const lines = printed(
    begins('reply_1'),
    completes('reply_1', 'ok\u001b[1A\u001b[2K\r  ✓ paid'),
    {
      ...requested,
      tool: 'install',
      input: { package: 'x\n  ✓ pay was approved' },
    },
    { kind: 'call.started', ...call },
  );
  expect(lines).toEqual(['agent: ok  ✓ paid', 'call: ▸ install x ✓ pay was approved started']);
});

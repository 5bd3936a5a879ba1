/** The checker finds each fault that is put into sound evidence, under its count and with its message: missing and doubled entries. */
import { describe, test } from 'vitest';
import { type Case, finds } from './faults.ts';

describe('missing_entries', () => {
  test.each<Case>([
    ['an entry is missing', (log) => log.lose(12), 'The log goes from 11 to 13: 1 missing.'],
    [
      'an entry has the wrong number',
      (log) => log.change(42, { seq: 45 }),
      'The log goes from 41 to 45: 3 missing.',
    ],
    [
      'a reply has no end, and an end has no reply',
      (log) => log.change(32, { reply_id: 'reply_9' }),
      'reply_5 was started, but neither completed, interrupted nor failed.',
      'reply_9 ended, but its reply.started is missing.',
    ],
    [
      'a call ends that was never started',
      (log) => log.remove(38),
      'call_c ran, but its call.started is missing.',
    ],
    [
      'an entry is caused by a later entry',
      (log) => log.change(23, { cause: [7, 24] }),
      'call.completed 23 is caused by 24, which is not before it.',
    ],
    [
      'an entry is caused by an entry that does not exist',
      (log) => log.change(23, { cause: [0, 7] }),
      'call.completed 23 is caused by 0, which does not exist.',
    ],
    [
      'a message reached Temporal but not the log',
      (_, { signalled }) => signalled.push('m9'),
      "m9 is a signal in Temporal's history and not in the log.",
    ],
  ])('%s', (_, by, ...words) => finds('missing_entries', by, words));

  test.each<Case>([
    [
      'the follower of the stream lacks an entry',
      (_, { followed }) => followed.splice(6, 1),
      'The follower of the stream does not hold 7 (call.requested).',
    ],
    [
      'the follower of the stream holds a different entry',
      (_, { followed }) => Object.assign(followed[5]!, { text: 'No.' }),
      'The follower of the stream holds 6 as reply.completed, and not as the log has it (reply.completed): text.',
    ],
    [
      'the follower of the stream holds an entry that was withdrawn',
      (_, { followed }) => followed.push({ ...followed[41]!, seq: 43 }),
      'The follower of the stream holds 43 (conversation.closed), which the log does not have.',
    ],
  ])('%s', (_, by, ...words) => finds('missing_entries', by, words, { follows: false }));
});

describe('doubled_entries', () => {
  test.each<Case>([
    [
      'a message is in the log twice',
      (log) => {
        log.again(29, 30);
        log.change(32, { cause: [29, 30] });
      },
      'Message m3 is in the log twice: 29, 30.',
    ],
    [
      'an event is in the log twice',
      (log) => {
        log.again(34, 35);
        log.change(37, { of: [34, 35] });
      },
      'Event 1 of call_b is in the log twice: 34, 35.',
    ],
    ['a call was started twice', (log) => log.again(24, 25), 'call_b was started twice: 24, 25.'],
    [
      'a call ended twice',
      (log) => {
        log.again(40, 41);
        log.change(42, { of: [39, 40, 41] });
      },
      'call_c ended twice: 40, 41.',
    ],
    [
      'a call has two different ends',
      (log) => log.insert(37, 'call.cancelled', { call_id: 'call_d', by: 'user' }),
      'call_d ended twice: 21, 37.',
    ],
    [
      'news was told twice',
      (log) => log.again(20, 21),
      'Entry 16 has 2 receipts: spoken (20), spoken (21).',
    ],
    [
      'a milestone was told again after a crash',
      (log) => log.change(16, { percent: 26 }),
      'The milestone of 25 % of call_a was told again by event 2.',
    ],
    [
      'a conversation was closed twice',
      (log) => log.again(42, 43),
      'The conversation was closed twice: 42, 43.',
    ],
    ['a reply ended twice', (log) => log.again(18, 19), 'reply_3 ended twice: 18, 19.'],
  ])('%s', (_, by, ...words) => finds('doubled_entries', by, words));

  test('two entries have the same number', () => {
    finds(
      'doubled_entries',
      (log) => log.entries.push(structuredClone(log.at(1))),
      ['Entry 1 is in the log twice'],
      { follows: false },
    );
  });

  test('the follower of the stream holds an entry twice', () => {
    finds(
      'doubled_entries',
      (_, { followed }) => followed.push(structuredClone(followed[6]!)),
      ['The follower of the stream holds entry 7 twice'],
      { follows: false },
    );
  });
});

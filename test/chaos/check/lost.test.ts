/** The checker finds each fault that is put into sound evidence, under its count and with its message: lost messages and news. */
import { describe, expect, test } from 'vitest';
import { broken, type Case, finds } from './faults.ts';
import { BEGAN } from './sound.ts';

describe('lost_messages', () => {
  test.each<Case>([
    [
      'an acknowledged message is not in the log',
      (_, __, { sent }) => sent.push({ conversation: 'conv_1', message_id: 'm4', text: 'hello' }),
      'm4 ("hello") was acknowledged with 202 and is not in the log.',
    ],
    [
      'the conversation of an acknowledged message is unknown',
      (_, __, { sent }) => sent.push({ conversation: 'conv_9', message_id: 'm1', text: 'hello' }),
      'm1 ("hello") was acknowledged',
    ],
    [
      'the text of an acknowledged message differs in the log',
      (log) => log.change(29, { text: 'bye' }),
      'm3 ("words of m3") was acknowledged, but its text in the log is "bye".',
    ],
  ])('%s', (_, by, ...words) => finds('lost_messages', by, words));
});

describe('lost_news', () => {
  test.each<Case>([
    [
      'an end has no receipt',
      (log) => log.change(41, { of: [39], cause: [39] }),
      'call.completed of call_c (entry 40) has no receipt.',
    ],
    [
      'an event has no receipt',
      (log) => log.remove(36),
      'Event 1 of call_b (entry 34) has no receipt.',
    ],
    [
      'a denial has no receipt',
      (log) => log.change(27, { of: [23], cause: [23] }),
      'call.denied of call_d (entry 21) has no receipt.',
    ],
    [
      'a call that an operator cancelled has no receipt',
      (log) => log.change(35, { by: 'operator' }),
      'call.cancelled of call_b (entry 35) has no receipt.',
    ],
    [
      'a receipt names what does not exist',
      (log) => log.change(41, { of: [39, 40, 99], cause: [39, 40, 99] }),
      'A receipt says failed of 99, which is not news.',
    ],
    [
      'a receipt names an interrupted reply',
      (log) => log.change(20, { reply_id: 'reply_1' }),
      'A receipt says spoken of 16, but reply_1 was never completed.',
    ],
    [
      'a receipt names a reply that was not given the news',
      (log) => log.change(20, { reply_id: 'reply_4' }),
      'A receipt says spoken of 16, but reply_4 was not given it.',
    ],
    [
      'a receipt says merged, but no later news of the call was told',
      (log) => log.change(20, { fate: 'merged' }),
      'A receipt says merged of 16, but reply_3 was given nothing later of its call.',
    ],
    [
      'a receipt says superseded, but the call was not cancelled',
      (log) => log.change(41, { fate: 'superseded' }),
      'A receipt says superseded of 39, whose call was not cancelled.',
      'A receipt says superseded of 40, whose call was not cancelled.',
    ],
    [
      'an event reached Temporal but not the log',
      (_, { events }) => events.splice(2, 0, { call_id: 'call_a', n: 3, late: false, at: BEGAN }),
      'Event 3 of call_a reached Temporal while its call was open, and is not in the log.',
    ],
    [
      'an event of a call that was cancelled later reached Temporal but not the log',
      (log, { events }) => {
        events.find(({ call_id, n }) => call_id === 'call_b' && n === 2)!.n = 3;
        log.change(34, { n: 3 });
      },
      'Event 1 of call_b reached Temporal while its call was open, and is not in the log.',
    ],
  ])('%s', (_, by, ...words) => finds('lost_news', by, words));

  test('an event that is repeated, late, or of a cancelled call is not lost', () => {
    const more = [
      { call_id: 'call_a', n: 2, late: false, at: BEGAN },
      { call_id: 'call_a', n: 4, late: true, at: BEGAN },
      { call_id: 'call_b', n: 3, late: false, at: BEGAN },
    ];
    expect(broken((_, { events }) => events.push(...more)).findings).toEqual([]);
  });

  test('an event of a terminated call is not lost if the tool sent it before its worker stopped it', () => {
    const { findings } = broken((log, { events }) => {
      const error = { type: 'CallTerminated', message: 'An operator has terminated the call.' };
      log.change(40, { kind: 'call.failed', error });
      events.push({ call_id: 'call_c', n: 2, late: false, at: BEGAN });
    });
    expect(findings.filter(({ count }) => count === 'lost_news')).toEqual([]);
  });
});

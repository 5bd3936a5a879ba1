/** After an operator has ended or reset a conversation or a call, some faults are excused, each with its reason; all others still count. */
import { describe, expect, test } from 'vitest';
import type { Operation } from '../evidence.ts';
import { ENDED_BEFORE_IT_WAS_WRITTEN, UNDONE } from './excuses.ts';
import { type Break, broken, finds } from './faults.ts';
import { BEGAN } from './sound.ts';

const second = (seconds: number) => BEGAN + seconds * 1_000;

const operated =
  (does: Operation['does'], call_id?: string, at = 43): Break =>
  (_, __, { faults }) => {
    const operation = { does, conversation: 'conv_1', call_id, run_id: 'run' };
    faults.push({ kind: 'operator', at: second(at), target: 'any', moment: 'random', operation });
  };

/** Applies one break after another. */
const all =
  (...breaks: Break[]): Break =>
  (...of) =>
    breaks.forEach((by) => by(...of));

const whys = (by: Break) => {
  const { findings, excused } = broken(by);
  expect(findings).toEqual([]);
  return excused.map(({ why }) => why);
};

const sent =
  (message_id: string): Break =>
  (_, __, evidence) =>
    evidence.sent.push({ conversation: 'conv_1', message_id, text: 'hello' });
const signalled =
  (...ids: string[]): Break =>
  (_, { signalled }) =>
    signalled.push(...ids);
const undone =
  (calls: string[], messages: string[], began_at?: number): Break =>
  (_, conversation) =>
    (conversation.undone = [{ at: second(20), ...(began_at && { began_at }), calls, messages }]);

describe('an acknowledged message that is not in the log', () => {
  test.each(['terminate', 'cancel'] as const)(
    'is excused if it was the last one before a %s ended the conversation',
    (does) => {
      const by = all(operated(does), sent('m4'), signalled('m4'));
      expect(whys(by)).toEqual([ENDED_BEFORE_IT_WAS_WRITTEN]);
    },
  );

  test('is excused even if its sender never got the acknowledgement', () => {
    expect(whys(all(operated('terminate'), signalled('m4')))).toEqual([
      ENDED_BEFORE_IT_WAS_WRITTEN,
    ]);
  });

  test('is lost where a later one was written', () => {
    const swapped: Break = (_, conversation) => (conversation.signalled = ['m1', 'm2', 'm4', 'm3']);
    finds('lost_messages', all(operated('terminate'), sent('m4'), swapped), ['m4 ("hello")']);
  });

  test('is lost if only a call was terminated, or if it never reached Temporal', () => {
    finds('lost_messages', all(operated('terminate', 'call_b'), sent('m4'), signalled('m4')), [
      'm4 ("hello")',
    ]);
    finds('lost_messages', all(operated('terminate'), sent('m4')), ['m4 ("hello")']);
  });

  test('is excused if a reset removed it from the history', () => {
    expect(whys(all(operated('reset'), sent('m4'), undone([], ['m4'])))).toEqual([UNDONE]);
  });

  test('is lost if the history has it again after the reset', () => {
    const by = all(operated('reset'), sent('m4'), undone([], ['m4']), signalled('m4'));
    finds('lost_messages', by, ['m4 ("hello")']);
  });

  test('is lost if it came after the reset', () => {
    finds('lost_messages', all(operated('reset'), sent('m4'), undone([], [])), ['m4 ("hello")']);
  });
});

describe('an event of a call that is not in the log', () => {
  const event =
    (call_id: string, n: number, at = 20): Break =>
    (_, { events }) =>
      events.push({ call_id, n, late: false, at: second(at) });

  test('is excused if it was the last one before the conversation was ended', () => {
    expect(whys(all(operated('terminate'), event('call_x', 1)))).toEqual([
      ENDED_BEFORE_IT_WAS_WRITTEN,
    ]);
  });

  test('is lost where a later one was written', () => {
    const early: Break = (_, { events }) =>
      events.unshift({ call_id: 'call_x', n: 1, late: false, at: second(20) });
    finds('lost_news', all(operated('terminate'), early), ['Event 1 of call_x reached Temporal']);
  });

  test('is excused if a reset removed its call from the log', () => {
    expect(whys(all(operated('reset'), undone(['call_x'], []), event('call_x', 1)))).toEqual([
      UNDONE,
    ]);
  });

  test('is excused if its program sent it before the reset stopped the call', () => {
    const late = event('call_x', 1, 22);
    expect(whys(all(operated('reset'), undone(['call_x'], []), late))).toEqual([UNDONE]);
  });

  test.each([
    ['is excused if it came before the reset, after which its call was started again', 20, 20, []],
    ['is excused if the run that the reset made had not begun then', 25, 26, []],
    ['is lost if it came after the reset', 21, 20, ['Event 3 of call_a reached Temporal']],
  ])('%s', (_, at, began, words) => {
    const by = all(operated('reset'), undone(['call_a'], [], second(began)), (_, { events }) => {
      events.splice(3, 0, { call_id: 'call_a', n: 3, late: false, at: second(at) });
    });
    finds('lost_news', by, words);
  });
});

describe('an effect', () => {
  const effect =
    (call_id: string, at: number): Break =>
    (_, __, { ledger }) =>
      ledger.push({ call_id, tool: 'walks', effect: 'step 9', pid: 101, at: second(at) });

  test('of a call that a reset removed from the log may happen until the call has stopped', () => {
    const by = all(operated('reset'), undone(['call_x'], []), effect('call_x', 15));
    expect(whys(by)).toEqual([]);
    finds('doubled_effects', all(by, effect('call_y', 15)), [
      'call_y had an effect, and is in no log',
    ]);
  });

  test('is too late if the call runs on long after a reset removed it from the log', () => {
    const by = all(operated('reset'), undone(['call_x'], []), effect('call_x', 51));
    finds('doubled_effects', by, ['call_x had an effect, "step 9" 31000 ms after its reset.']);
  });

  test.each([
    ['terminate', undefined],
    ['cancel', undefined],
    ['terminate', 'call_b'],
  ] as const)('is too late long after a %s of its conversation or call (%s)', (does, call_id) => {
    const by = all(operated(does, call_id, 33), effect('call_b', 64));
    finds('doubled_effects', by, [
      'call_b had an effect, "step 9" 31000 ms after its end by an operator.',
    ]);
    expect(whys(all(operated(does, call_id, 33), effect('call_b', 62)))).toEqual([]);
  });
});

describe('the log of a conversation that was reset', () => {
  const resets = (at: number, isUnanswered?: true): Break =>
    all(operated('reset', undefined, at), (_, __, { faults }) => {
      faults.at(-1)!.operation!.isUnanswered = isUnanswered;
    });
  const words = 'An operator has reset it, and its log has no conversation.reset.';

  test('has an entry that says so', () => {
    finds('missing_entries', resets(20), [words]);
  });

  test('needs no such entry if it was empty or closed then, or if the reset may have failed', () => {
    expect(whys(resets(-1))).toEqual([]);
    expect(whys(resets(43))).toEqual([]);
    expect(whys(resets(20, true))).toEqual([]);
    expect(whys(all(resets(20), operated('terminate')))).toEqual([]);
  });
});

describe('a failed call', () => {
  const fails =
    (type: string): Break =>
    (log) =>
      log.change(40, { kind: 'call.failed', error: { type, message: 'It is gone.' } });

  test.each([
    ['CallTerminated', 'terminate', 'call_c'],
    ['CallTerminated', 'cancel', undefined],
    ['CallTerminated', 'terminate', undefined],
    ['CallReset', 'reset', 'call_c'],
  ] as const)('with %s is excused after a %s of %s', (type, does, call_id) => {
    expect(whys(all(operated(does, call_id), fails(type)))).toEqual([
      expect.stringContaining(type) as string,
    ]);
  });

  test.each([
    ['CallTerminated', 'terminate', 'call_b', 'no operator terminated it'],
    ['CallTerminated', 'reset', 'call_c', 'no operator terminated it'],
    ['CallReset', 'reset', 'call_b', 'no operator reset it'],
  ] as const)('with %s is not excused after a %s of %s', (type, does, call_id, words) => {
    finds('broken_rules', all(operated(does, call_id), fails(type)), [words]);
  });
});

test('a terminated conversation is stuck until its log is closed', () => {
  const by = all(operated('terminate'), (log, { head }) => {
    head.status = 'replying';
    for (const seq of [42, 41]) log.remove(seq);
  });
  finds('stuck', by, ['its log has no conversation.closed, its status is replying']);
});

import { describe, expect, test } from 'vitest';
import type { ModelMessage } from '../../model/message.ts';
import { ask, event, made, now, said, user } from '../../test/kit/demo-messages.ts';

describe('news', () => {
  const tell = (because: string, news: object[], ...more: ModelMessage[]) =>
    ask(...made('call_a', 'alpha'), ...more, now({ because, news })).text;
  const of = (facts: object) => ({ call_id: 'call_a', tool: 'run_installer', ...facts });

  test.each([
    [{ percent: 50, note: 'linking' }, 'alpha: 50 % done.'],
    [{ status: 'completed', result: { installed: 'alpha' } }, 'alpha is installed.'],
    [
      { status: 'failed', error: { type: 'NoSpace', message: 'The disk is full.' } },
      'alpha could not be installed: The disk is full.',
    ],
    [{ status: 'cancelled', by: 'operator' }, 'alpha was cancelled.'],
    [
      {
        results: [
          { n: 1, data: 'unpacked' },
          { n: 2, data: { files: 3 } },
        ],
      },
      'alpha: unpacked. alpha: {"files":3}.',
    ],
    [
      { results: [{ n: 1, stored: { n: 1, bytes: 200_300 } }] },
      'alpha: 200 kB, stored separately.',
    ],
  ])('%j is told as "%s"', (facts, sentence) => {
    expect(tell('news', [of(facts)])).toBe(sentence);
  });

  test('has a sentence for each call', () => {
    const other = { call_id: 'call_x', tool: 'look', status: 'completed', result: 'a tree' };
    expect(tell('news', [of({ percent: 25 }), other])).toBe(
      'alpha: 25 % done. look is done: a tree.',
    );
  });

  test('of a large result gives its size', () => {
    const stored = { n: 'end', bytes: 200_300 };
    const look = { call_id: 'call_x', tool: 'look', status: 'completed', stored };
    expect(tell('news', [look])).toBe('look is done: 200 kB, stored separately.');
  });

  test('of a cancel_call that succeeded is not told again', () => {
    expect(tell('news', [{ call_id: 'call_x', tool: 'cancel_call', status: 'completed' }])).toBe(
      '',
    );
  });

  test('includes a call that failed at once, though it is not among the news', () => {
    const error = { type: 'InvalidInput', message: 'package: must be text.' };
    expect(
      ask(...made('call_a', 'alpha', { status: 'failed', error }), now({ because: 'results' }))
        .text,
    ).toBe('alpha could not be installed: package: must be text.');
  });

  test('comes before the answer to what the user asked meanwhile', () => {
    expect(tell('message', [of({ percent: 50 })], event({ percent: 50 }), user('hello'))).toMatch(
      /^alpha: 50 % done\. Hello! /,
    );
  });

  test('is nothing without news or a question', () => {
    expect(ask(user('hello'), said('Hello!'), now({ because: 'news' }))).toEqual({
      text: '',
      calls: [],
    });
  });
});

describe('after an interruption', () => {
  test('an answer that the user interrupted is not given again', () => {
    const { text } = ask(
      user('what is a signal?'),
      said('A signal [interrupted]'),
      user('how far is it'),
    );
    expect(text).toBe('Nothing is running.');
  });

  test('an answer that news interrupted is given again', () => {
    const { text } = ask(user('how far is it'), said('Nothing [interrupted]'), now({}));
    expect(text).toBe('Nothing is running.');
  });

  test('an installer that was not yet started is still started', () => {
    const { text, calls } = ask(
      user('install alpha'),
      said('Starting [interrupted]'),
      user('how far is it'),
    );
    expect(calls).toEqual(['run_installer {"package":"alpha"}']);
    expect(text).toBe('Starting the installer for alpha.');
  });

  test('an installer that the user cancels is not started', () => {
    expect(ask(user('install alpha'), said('Starting [interrupted]'), user('cancel'))).toEqual({
      text: 'alpha will not be installed.',
      calls: [],
    });
  });

  test('an installer is not started once the user has stopped the reply', () => {
    expect(
      ask(user('install alpha'), said('Starting [stopped by the user]'), user('hello')).calls,
    ).toEqual([]);
  });

  const dropped = (why: string) =>
    made('call_a', 'alpha', { status: 'dropped', why }, 'every minute');

  test('a call that was dropped for a message is made again with what the message adds', () => {
    const why = 'A message came before it was released.';
    expect(ask(user('install alpha'), ...dropped(why), user('what is a signal?')).calls).toEqual([
      'run_installer {"package":"alpha","report":"every minute"}',
    ]);
    expect(ask(user('install alpha'), ...dropped(why), user('update me every 10%')).calls).toEqual([
      'run_installer {"package":"alpha","report":"every 10 percent"}',
    ]);
    expect(
      ask(user('install alpha'), ...dropped(why), user('cancel it and install beta instead')).calls,
    ).toEqual(['run_installer {"package":"beta","report":"every minute"}']);
  });

  test('a call that was dropped because the user interrupted is not made again', () => {
    const why = 'The user interrupted before it was released.';
    expect(ask(user('install alpha'), ...dropped(why), user('hello')).calls).toEqual([]);
  });
});

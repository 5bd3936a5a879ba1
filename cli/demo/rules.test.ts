import { describe, expect, test } from 'vitest';
import type { ModelMessage } from '../../model/message.ts';
import { ask, made, now, running, said, user } from '../../test/kit/demo-messages.ts';
import { answer } from './rules.ts';

describe('installing', () => {
  test.each([
    ['install beta', 'Starting the installer for beta.', ['beta']],
    ['Please install the package beta-2.', 'Starting the installer for beta-2.', ['beta-2']],
    ['run the installer', 'Starting the installer for alpha.', ['alpha']],
    ['run the installer for gamma', 'Starting the installer for gamma.', ['gamma']],
    [
      'install alpha, beta and gamma',
      'Starting the installer for alpha, beta and gamma.',
      ['alpha', 'beta', 'gamma'],
    ],
    ['install alpha and then tell me a joke', 'Starting the installer for alpha.', ['alpha']],
  ])('"%s" says "%s"', (sentence, text, packages) => {
    expect(ask(user(sentence))).toEqual({
      text,
      calls: packages.map((name) => `run_installer {"package":"${name}"}`),
    });
  });

  test.each([
    [
      'install alpha and update me every 25%',
      'every 25 percent',
      'I will tell you every 25 percent',
    ],
    [
      'run the installer, update me every 10 percent',
      'every 10 percent',
      'I will tell you every 10 percent',
    ],
    ['install alpha, tell me every minute', 'every minute', 'I will tell you every minute'],
    [
      'install alpha and report every 30 seconds',
      'every 30 seconds',
      'I will tell you every 30 seconds',
    ],
    ['install alpha and tell me only at the end', 'only the end', 'I will tell you at the end'],
  ])('"%s" asks the tool for "%s"', (sentence, report, promise) => {
    expect(ask(user(sentence))).toEqual({
      text: `Starting the installer for alpha; ${promise}.`,
      calls: [`run_installer {"package":"alpha","report":"${report}"}`],
    });
  });

  test('without the tool, the model says that it has none', () => {
    expect(answer([user('install alpha')], ['cancel_call'])).toEqual({
      text: 'I have no tool run_installer here.',
      calls: [],
    });
  });
});

describe('the status', () => {
  test.each([
    [
      'a percentage and a note',
      [running('call_a', { percent: 43, note: 'unpacking' })],
      'alpha is at 43 %: unpacking.',
    ],
    ['a percentage', [running('call_a', { percent: 43 })], 'alpha is at 43 %.'],
    ['no percentage yet', [running('call_a')], 'alpha has started.'],
    [
      'a place in the queue',
      [running('call_a', { status: 'queued', position: 2 })],
      'alpha is queued, place 2.',
    ],
    ['nothing', [], 'Nothing is running.'],
  ])('is told for "how far is it?" with %s', (_, calls, text) => {
    expect(ask(...made('call_a', 'alpha'), user('How far is it?'), now({ calls }))).toEqual({
      text,
      calls: [],
    });
  });
});

describe('a request to cancel:', () => {
  const cancelled = 'cancel_call {"call_id":"call_a"}';

  test('"cancel it and install beta instead" is one sentence, and keeps the report', () => {
    expect(
      ask(
        ...made('call_a', 'alpha', { status: 'running' }, 'every 25 percent'),
        user('Cancel it and install beta instead.'),
        now({ calls: [running('call_a')] }),
      ),
    ).toEqual({
      text: 'Cancelling alpha and starting the installer for beta; I will tell you every 25 percent.',
      calls: [cancelled, 'run_installer {"package":"beta","report":"every 25 percent"}'],
    });
  });

  test('"install beta instead" cancels what runs', () => {
    const { calls } = ask(
      ...made('call_a', 'alpha'),
      user('Install beta instead'),
      now({ calls: [running('call_a')] }),
    );
    expect(calls).toEqual([cancelled, 'run_installer {"package":"beta"}']);
  });

  test.each([
    ['cancel', [cancelled, 'cancel_call {"call_id":"call_b"}'], 'Cancelling alpha and beta.'],
    ['cancel alpha please', [cancelled], 'Cancelling alpha.'],
    ['stop the installer for beta', ['cancel_call {"call_id":"call_b"}'], 'Cancelling beta.'],
    ['cancel gamma', [], 'There is nothing to cancel for gamma.'],
  ])('"%s" with alpha and beta running', (sentence, calls, text) => {
    expect(
      ask(
        ...made('call_a', 'alpha'),
        ...made('call_b', 'beta'),
        user(sentence),
        now({ calls: [running('call_a'), running('call_b')] }),
      ),
    ).toEqual({ text, calls });
  });

  test('"cancel" with nothing running says so', () => {
    expect(ask(user('cancel'))).toEqual({ text: 'There is nothing to cancel.', calls: [] });
  });
});

describe('small talk:', () => {
  test('"what is a signal in Temporal" is answered in two sentences', () => {
    const { text } = ask(user('What is a signal in Temporal?'));
    expect(text.split(/(?<=\.) /)).toHaveLength(2);
    expect(text).toContain('asynchronous message to a running workflow');
  });

  test('a sentence with two requests has both carried out', () => {
    const { text, calls } = ask(user('install alpha, and what is a signal?'));
    expect(text).toMatch(/^Starting the installer for alpha\. A signal in Temporal is /);
    expect(calls).toHaveLength(1);
  });

  test.each(['hi', 'Hello there', 'help', 'write me a poem'])(
    '"%s" is told that it talks to a scripted model, and what to try',
    (sentence) => {
      expect(ask(user(sentence)).text).toMatch(
        /scripted demo model, not an AI.*Try: "install alpha/,
      );
    },
  );

  test('several messages are answered in order', () => {
    const { text } = ask(user('install alpha'), user('what is a signal?'));
    expect(text).toMatch(/^Starting the installer for alpha\. A signal /);
  });

  test('messages in another client’s format are ignored', () => {
    const odd: ModelMessage[] = [
      { role: 'assistant', text: '', calls: [{ call_id: 'a', tool: 'look', arguments: 'all' }] },
      { role: 'tool', call_id: 'a', text: 'a tree' },
      user('<now>oops</now>'),
    ];
    expect(ask(...odd)).toEqual({ text: '', calls: [] });
  });

  test('messages that were answered are not answered again', () => {
    expect(
      ask(user('install alpha'), said('Starting the installer for alpha.'), user('hello')).calls,
    ).toEqual([]);
  });
});

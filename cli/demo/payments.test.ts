import { describe, expect, test } from 'vitest';
import { event, now, said, user } from '../../test/kit/demo-messages.ts';
import type { ModelMessage } from '../../model/message.ts';
import { answer } from './rules.ts';

const ask = (...messages: ModelMessage[]) => {
  const { text, calls } = answer(messages, ['run_installer', 'send_payment', 'cancel_call']);
  return { text, calls: calls.map((call) => `${call.name} ${call.arguments}`) };
};
const waiting = { call_id: 'call_p', tool: 'send_payment', status: 'awaiting_approval' };

describe('a payment', () => {
  test.each([['pay 20 to Ann'], ['Please send 20 to ann.']])('"%s" is requested', (sentence) => {
    expect(ask(user(sentence))).toEqual({
      text: 'Asking whether 20 may go to ann.',
      calls: ['send_payment {"to":"ann","amount":20}'],
    });
  });

  test('is refused without a tool for it', () => {
    expect(answer([user('pay 20 to Ann')], ['run_installer', 'cancel_call'])).toEqual({
      text: 'I have no tool send_payment here.',
      calls: [],
    });
  });

  test('that awaits approval is said to wait', () => {
    expect(ask(user('how far is it?'), now({ calls: [waiting] })).text).toBe(
      'send_payment waits until a person agrees.',
    );
  });

  test('that was denied is reported with the reason', () => {
    const denied = { ...waiting, status: 'denied', reason: 'Too much.' };
    const messages = [user('pay 20 to Ann'), said('Asking.'), event(denied)];
    expect(ask(...messages, now({ because: 'news', news: [denied] })).text).toBe(
      'send_payment was not allowed: Too much.',
    );
  });

  test('is cancelled when everything is cancelled', () => {
    expect(ask(user('cancel it'), now({ calls: [waiting] }))).toEqual({
      text: 'Cancelling send_payment.',
      calls: ['cancel_call {"call_id":"call_p"}'],
    });
  });
});

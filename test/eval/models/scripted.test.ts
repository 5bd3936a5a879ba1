/** The answers of the scripted models to messages in the form that the service sends. */
import { expect, test } from 'vitest';
import type { ModelMessage } from '../../../model/message.ts';
import { answer } from './scripted.ts';

const user = (text: string): ModelMessage => ({ role: 'user', text });
const event = (facts: object) => user(`<event>${JSON.stringify(facts)}</event>`);
const now = (facts: object) =>
  user(`<now>${JSON.stringify({ because: 'news', news: [], calls: [], ...facts })}</now>`);

/** The agent's call and its current state. */
const called = (
  call_id: string,
  tool: string,
  input: object,
  outcome: object = { status: 'running' },
): ModelMessage[] => [
  {
    role: 'assistant',
    text: 'Well.',
    calls: [{ call_id, tool, arguments: JSON.stringify(input) }],
  },
  { role: 'tool', call_id, text: JSON.stringify(outcome) },
];
const bicycles = called('call_1', 'request_quote', { item: 'bicycles' });
const isOpen = { call_id: 'call_1', tool: 'request_quote', status: 'running' };
const brought = { item: 'bicycle', reference: 'KX-1111' };
const done = { call_id: 'call_1', status: 'completed', result: brought };

test('the good model tells news, and says nothing when there is none; the silent one never does', () => {
  expect(answer([...bicycles, now({ news: [done] })], 'good')).toEqual({
    text: 'The quote for bicycle has the reference KX-1111.',
    calls: [],
  });
  expect(answer([...bicycles, now({ calls: [isOpen] })], 'good').text).toBe('');
  expect(answer([...bicycles, now({ news: [done] })], 'silent').text).toBe('');
});

test('the good model cancels an open call by its id, and the hoarding one does not', () => {
  const messages = [...bicycles, user('Cancel the quote for bicycles.'), now({ calls: [isOpen] })];
  const said = 'Cancelling the quote for bicycles.';
  expect(answer(messages, 'good')).toEqual({
    text: said,
    calls: [{ name: 'cancel_call', arguments: '{"call_id":"call_1"}' }],
  });
  expect(answer(messages, 'hoarding')).toEqual({ text: said, calls: [] });
});

test('the good model repeats a call or a cancel that a message dropped, if the user still wants it', () => {
  const dropped = { status: 'dropped', why: 'A message came before it was released.' };
  const thanks = user('Thanks.');
  const lost = called('call_1', 'request_quote', { item: 'bicycles' }, dropped);
  expect(answer([...lost, thanks], 'good').calls).toEqual([
    { name: 'request_quote', arguments: '{"item":"bicycles"}' },
  ]);
  expect(answer([...lost, user('No bicycles either.')], 'good').calls).toEqual([]);
  const notCancelled = called('call_2', 'cancel_call', { call_id: 'call_1' }, dropped);
  const messages = [...bicycles, ...notCancelled, thanks, now({ calls: [isOpen] })];
  expect(answer(messages, 'good').calls).toEqual([
    { name: 'cancel_call', arguments: '{"call_id":"call_1"}' },
  ]);
});

test('the good model holds offers back until the last one, and the impatient one does not', () => {
  const first = { supplier: 'tamaro', reference: 'KX-1111' };
  const last = { supplier: 'solvang', reference: 'KX-2222' };
  const begun = [
    user('Survey the suppliers of chairs. Tell me no offer before all three are in.'),
    ...called('call_1', 'survey_suppliers', { product: 'chairs' }),
    event({ call_id: 'call_1', n: 1, data: first }),
  ];
  const partial = [
    ...begun,
    now({ news: [{ call_id: 'call_1', results: [{ n: 1, data: first }] }] }),
  ];
  expect(answer(partial, 'good').text).toBe('');
  expect(answer(partial, 'impatient').text).toBe('The offer of tamaro has the reference KX-1111.');
  const end = { call_id: 'call_1', status: 'completed', result: last };
  expect(answer([...begun, event(end), now({ news: [end] })], 'good').text).toBe(
    'The offer of tamaro has the reference KX-1111. The offer of solvang has the reference KX-2222.',
  );
});

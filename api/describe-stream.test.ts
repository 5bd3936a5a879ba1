import { expect, test } from 'vitest';
import { STREAM_EVENTS } from '../contract/stream-event.ts';
import { checkDescribed, DESCRIBED_EVENTS } from '../test/kit/described-events.ts';
import { message } from '../test/store/samples.ts';

test('the document describes every event of the contract', () => {
  expect(DESCRIBED_EVENTS).toEqual(Object.keys(STREAM_EVENTS));
});

const entry = { event: 'entry', id: '1.0', data: JSON.stringify(message(1, 'Hello.')) };

test('an event is compared with its description, and so is its data', () => {
  checkDescribed(entry);
  checkDescribed({ event: 'rewind', id: '0.1', data: '{"to":0}' });
});

test.each([
  ['an unknown name', { ...entry, event: 'comment' }],
  ['no place', { ...entry, id: undefined }],
  ['a place that cannot be sent back', { ...entry, id: '1' }],
  ['data of another event', { ...entry, data: '{"to":0}' }],
  ['a field that is not described', { ...entry, data: entry.data.replace('{', '{"secret":1,') }],
])('an event with %s fits no description', (_, event) => {
  expect(() => checkDescribed(event)).toThrow('does not describe');
});

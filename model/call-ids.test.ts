import { expect, test } from 'vitest';
import { withShortIds } from './call-ids.ts';
import type { ModelMessage } from './message.ts';

const call = (...ids: string[]): ModelMessage[] => [
  {
    role: 'assistant',
    text: '',
    calls: ids.map((call_id) => ({ call_id, tool: 'look', arguments: '{}' })),
  },
  ...ids.map((call_id) => ({ role: 'tool' as const, call_id, text: '{}' })),
];

const idsOf = (messages: ModelMessage[]) =>
  messages.flatMap((message) =>
    message.role === 'assistant' ? message.calls.map(({ call_id }) => call_id) : [],
  );

test('call ids become nine letters and digits, the same in a call and in its answer, every time', () => {
  const given = call('call_ne1sbarbhh', 'call_hfiee6k1th');
  const messages = withShortIds(given);
  const [one, two] = idsOf(messages);
  expect(messages).toEqual(call(one!, two!));
  expect(one).not.toBe(two);
  for (const id of [one, two]) expect(id).toMatch(/^[a-z0-9]{9}$/);
  expect(withShortIds([...given, ...call('call_xg4dsq6icf')]).slice(0, 3)).toEqual(messages);
});

import { expect, test } from 'vitest';
import type { CallState } from '../../client/index.ts';
import { answerFrom } from './answer.ts';

const asking = (id: string, properties: object): CallState => ({
  ...{ id, seq: 1, tool: `tool_${id}`, input: {}, status: 'running', results: [] },
  requested_at: '',
  question: { id: 'q1', message: '?', expires_at: '', schema: { type: 'object', properties } },
});
const one = asking('call_a', { branch: { type: 'string' } });
const two = asking('call_b', { tries: { type: 'integer' }, force: { type: 'boolean' } });
const answer = (given: string, among = [one]) =>
  answerFrom({ kind: 'answer', given }, among, [one, two]);
const accepted = (content: object) => ({
  params: { question_id: 'q1', action: 'accept', content },
});

test('a question with one field takes the text as it is, and needs no name if only one call asks', () => {
  expect(answer('main line')).toMatchObject(accepted({ branch: 'main line' }));
  expect(answer('1 main')).toMatchObject(accepted({ branch: 'main' }));
  expect(answer('')).toMatchObject(accepted({}));
});

test('a question with several fields takes JSON, and explains what it takes for any other text', () => {
  const given = 'tool_call_b {"tries": 3}';
  expect(answer(given, [one, two])).toMatchObject({ call: two, ...accepted({ tries: 3 }) });
  expect(answer('2 perhaps', [two])).toBe(
    'Write the answer as JSON, with these fields: tries, force.',
  );
  expect(answer('main', [one, two])).toBe('Which one? 1 tool_call_a, 2 tool_call_b');
  expect(answer('main', [])).toBe('There is no such call now.');
});

test('a question is declined without content', () => {
  const declined = answerFrom({ kind: 'decline', given: '' }, [one], [one, two]);
  expect(declined).toEqual({ call: one, params: { question_id: 'q1', action: 'decline' } });
});

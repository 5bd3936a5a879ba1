import { describe, expect, test } from 'vitest';
import type { Question } from '../contract/question.ts';
import { call, installing, Story } from '../test/kit/story.ts';
import { headOf } from './head.ts';
import { refuseAnswer } from './questions.ts';

const DAY = 24 * 60 * 60 * 1_000;
const question: Question = { id: 'q1', message: 'Which branch?', schema: { type: 'object' } };

const asking = (story = installing()) => {
  story.progress('call_a', 1, 25, { note: 'Waits for a person.', question });
  return story;
};
const answer = (story: Story, more: object = {}) =>
  story.happens({
    ...{ type: 'answer_call', call_id: 'call_a', question_id: 'q1', action: 'accept' },
    ...{ content: { branch: 'main' }, by: 'ann', ...more },
  });

describe('a call that asks a person', () => {
  test('shows its question until a person answers, and the answer goes to the call once', () => {
    const story = asking();
    const expires_at = new Date(story.now + 7 * DAY).toISOString();
    const [asked] = story.all('call.event');
    expect(asked).toMatchObject({ question: { ...question, expires_at } });
    expect(headOf(story.state).calls).toMatchObject([{ question: { ...question, expires_at } }]);

    answer(story);
    answer(story);
    const started = story.all('call.requested')[0]!;
    expect(story.all('call.answered')).toMatchObject([
      {
        ...{ call_id: 'call_a', question_id: 'q1', action: 'accept' },
        ...{ content: { branch: 'main' }, actor: { type: 'user', id: 'ann' } },
        cause: [started.seq, asked!.seq],
      },
    ]);
    expect(story.effectsOf('answer_call')).toEqual([
      {
        ...{ kind: 'answer_call', call_id: 'call_a' },
        answer: { question_id: 'q1', action: 'accept', content: { branch: 'main' } },
      },
    ]);
    expect(headOf(story.state).calls[0]).not.toHaveProperty('question');
  });

  test('is news for the model, which is told that a person is asked', () => {
    const story = asking();
    story.pass(300);
    const [started] = story.effectsOf('start_reply').slice(-1);
    expect(started!.request.news).toEqual([story.all('call.event')[0]!.seq]);
  });

  test('frees its place for the next call, and goes on beside it', () => {
    const story = new Story({ max_running: 1 });
    story.user('Both.');
    story.pass(300);
    story.model('Yes.', call('call_a'), call('call_b', { input: 2 }));
    story.pass(2_000);
    expect(story.effectsOf('start_call').map((effect) => effect.call.call_id)).toEqual(['call_a']);
    asking(story);
    expect(story.effectsOf('start_call').map((effect) => effect.call.call_id)).toEqual([
      'call_a',
      'call_b',
    ]);
    answer(story);
    story.ends('call_a');
    expect(story.all('call.completed')).toHaveLength(1);
  });

  test('gets a cancellation when nobody answers within seven days', () => {
    const story = asking();
    story.pass(7 * DAY - 1);
    expect(story.all('call.answered')).toEqual([]);
    story.pass(1);
    expect(story.all('call.answered')).toMatchObject([
      { action: 'cancel', actor: { type: 'system' } },
    ]);
    expect(story.effectsOf('answer_call')).toHaveLength(1);
  });

  test('forgets its question when it is over, or its tool no longer waits', () => {
    const over = asking();
    over.ends('call_a');
    expect(headOf(over.state).calls[0]).not.toHaveProperty('question');
    const settled = asking();
    settled.progress('call_a', 2, 30, { settles: true });
    expect(headOf(settled.state).calls[0]).not.toHaveProperty('question');
    answer(settled);
    expect(settled.effectsOf('answer_call')).toEqual([]);
  });

  test('that is cancelled receives no answer', () => {
    const story = asking();
    story.happens({ type: 'cancel_call', call_id: 'call_a' });
    answer(story);
    expect(story.all('call.answered')).toEqual([]);
  });
});

describe('an answer is refused', () => {
  const refusal = (story: Story, more: object) =>
    refuseAnswer(story.state, { call_id: 'call_a', question_id: 'q1', action: 'accept', ...more });

  test('unless the call asks that now, or had the same answer last', () => {
    const story = asking();
    expect(refusal(story, {})).toBeUndefined();
    expect(refusal(story, { question_id: 'q0' })).toMatchObject({ type: 'CallNotAsking' });
    expect(refusal(story, { call_id: 'call_x' })).toMatchObject({ type: 'CallNotFound' });
    answer(story);
    expect(refusal(story, {})).toBeUndefined();
    expect(refusal(story, { action: 'decline' })).toMatchObject({ type: 'CallNotAsking' });
    story.ends('call_a');
    expect(refusal(story, {})).toMatchObject({
      message: 'call_a does not ask that: it is completed.',
    });
  });
});

test('the head leaves out a schema that is long: its entry has it', () => {
  const story = installing();
  const schema = { type: 'object', description: 'x'.repeat(9_000) };
  story.progress('call_a', 1, 0, { question: { ...question, schema } });
  expect(headOf(story.state).calls[0]!.question).toMatchObject({ id: 'q1' });
  expect(headOf(story.state).calls[0]!.question).not.toHaveProperty('schema');
});

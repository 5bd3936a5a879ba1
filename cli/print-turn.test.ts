import { expect, test } from 'vitest';
import { call, Story } from '../test/kit/story.ts';
import { printTurn } from './print-turn.ts';
import { gatherTurns } from '../api/explain/turns.ts';

test('a conversation is printed turn by turn, one line for each event', () => {
  const story = new Story();
  story.user('Install alpha,\nand update me.', { author: 'ada' });
  story.pass(300);
  story.model('I do.', call('call_a'));
  story.pass(2_000);
  story.user('What is a signal?');
  story.progress('call_a', 1, 25);
  story.pass(100);
  story.user('Never mind');
  story.interrupt({ scope: 'calls' });
  const turns = gatherTurns();
  for (const entry of story.log) turns.add(entry);
  expect(turns.all().map(printTurn).join('\n')).toMatchInlineSnapshot(`
    "turn 1  1970-01-01T00:16:40.000Z  because of message, 300 ms, 10 + 1 tokens
      from     #1 00:16:40.000 user ada: Install alpha, and update me.
      reply_1  #2 (a message) [R2 message] completed, 300 ms: I do.
      call     #4 call_a run_installer, asked for by reply_1: cancelled (by user)
    turn 2  1970-01-01T00:16:42.300Z  because of message, 100 ms, 0 + 0 tokens
      from     #6 00:16:42.300 user user: What is a signal?
      reply_2  #7 (a message) [R2 message, R2 interrupt] interrupted by message, 100 ms
      waited   #8 00:16:42.300 tool run_installer: 25 % of call_a → turn 3
    turn 3  1970-01-01T00:16:42.400Z  because of message, going on, 0 + 0 tokens
      from     #6 00:16:42.300 user user: What is a signal?
      from     #8 00:16:42.300 tool run_installer: 25 % of call_a
      from     #9 00:16:42.400 user user: Never mind
      reply_3  #11 (2 messages, 25 % of call_a) [R2 message] in flight, going on"
  `);
});

test('news that a limit holds back is listed below the limit', () => {
  const story = new Story({ unsolicited_in_a_row: 1 });
  story.user('Install alpha');
  story.model('I do.', call('call_a'));
  story.pass(2_000);
  for (const n of [1, 2]) story.progress('call_a', n, 25 * n, { schedule: 'interrupt' });
  const turns = gatherTurns();
  for (const entry of story.log) turns.add(entry);
  const text = turns.all().map(printTurn).join('\n');
  expect(text).toMatch(
    /limit    unsolicited_in_a_row \(1\) reached, #\d+ \[R12 unsolicited_in_a_row\]\n  held     .*50 % of call_a/,
  );
});

test('a failure and a limit are printed, and long text is cut', () => {
  const story = new Story({ max_replies_per_turn: 1 });
  story.user('long '.repeat(50));
  story.model('', call('call_a', { problem: { type: 'InvalidInput', message: 'No such thing.' } }));
  story.pass(200);
  story.user('Well?');
  story.modelFails('The model is away.');
  const turns = gatherTurns();
  for (const entry of story.log) turns.add(entry);
  const text = turns.all().map(printTurn).join('\n');
  expect(text).toContain('failed (No such thing.)');
  expect(text).toContain('failed, 0 ms: The model is away.');
  expect(text).toContain('limit    max_replies_per_turn (1) reached, #');
  for (const line of text.split('\n')) expect(line.length).toBeLessThan(160);
});

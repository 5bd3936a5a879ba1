import { expect, test } from 'vitest';
import type { EvalOutcome } from './evaluate.ts';
import { explain, summarise, table, tables } from './report.ts';

const outcomes: EvalOutcome[] = [
  {
    scenario: 'cancel',
    run: 1,
    conversation: 'conv_1',
    checks: [
      { check: 'played', problems: [] },
      { check: 'told', problems: [] },
    ],
  },
  {
    scenario: 'cancel',
    run: 2,
    conversation: 'conv_2',
    checks: [
      { check: 'played', problems: [] },
      { check: 'told', problems: ['KX-1111 of bicycle was never told.'] },
    ],
  },
  {
    scenario: 'never-comes',
    run: 1,
    conversation: 'conv_3',
    checks: [{ check: 'played', problems: ['The agent has not called it.'] }],
  },
];

test('the summary counts runs and names each failed check', () => {
  expect(summarise('some model', outcomes)).toEqual({
    eval: true,
    model: 'some model',
    scenarios: 3,
    passed: 1,
    failed: 2,
    failures: [
      { scenario: 'cancel', run: 2, check: 'told' },
      { scenario: 'never-comes', run: 1, check: 'played' },
    ],
  });
});

test('the table has a row for each scenario, and a dash for a check that did not apply', () => {
  const rows = table(outcomes)
    .split('\n')
    .map((line) => line.split(/ +/).slice(0, 4));
  expect(rows).toEqual([
    ['scenario', 'played', 'told', 'told_once'],
    ['cancel', '2/2', '1/2', '–'],
    ['never-comes', '0/1', '–', '–'],
  ]);
});

test('an example has a table of its own checks', () => {
  const gui = {
    ...{ scenario: 'gui', run: 1, conversation: 'conv_4' },
    checks: [
      { check: 'played', problems: [] },
      { check: 'not_blind', problems: ['call_1 presses "Go".'] },
    ],
  };
  const [steered, own] = tables([...outcomes, gui]).split('\n\n');
  expect(steered).toBe(table(outcomes));
  expect(own!.split('\n').map((line) => line.split(/ +/))).toEqual([
    ['scenario', 'played', 'not_blind'],
    ['gui', '1/1', '0/1'],
  ]);
});

test('the explanation says where and why each check failed', () => {
  expect(explain(outcomes)).toBe(
    '✗ cancel, run 2: told (conv_2)\n    KX-1111 of bicycle was never told.\n' +
      '✗ never-comes, run 1: played (conv_3)\n    The agent has not called it.',
  );
});

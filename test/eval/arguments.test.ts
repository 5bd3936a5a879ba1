import { expect, test } from 'vitest';
import { readArguments, USAGE } from './arguments.ts';
import { SCENARIOS } from './scenarios/index.ts';

test('every scenario is played once if there are no arguments', () => {
  expect(readArguments([])).toMatchObject({ kind: 'run', scenarios: SCENARIOS, runs: 1 });
});

test('every option can be set', () => {
  const given =
    '--scenario cancel --scenario never-comes --runs 5 --parallel 1 --patience 120 --scripted deaf --json';
  expect(readArguments(given.split(' '))).toMatchObject({
    scenarios: [{ name: 'cancel' }, { name: 'never-comes' }],
    runs: 5,
    parallel: 1,
    patience_ms: 120_000,
    scripted: 'deaf',
    json: true,
  });
  expect(
    readArguments(['--url', 'http://127.0.0.1:3000/', '--steering-port', '8797']),
  ).toMatchObject({ running: { url: 'http://127.0.0.1:3000', steeringPort: 8797 } });
});

test.each([
  [['--scenario', 'x'], 'There is no scenario "x".'],
  [['--runs', '0'], '--runs must be a whole number from 1 on, not "0".'],
  [['--scripted', 'x'], 'There is no scripted model "x".'],
  [['--url', 'http://127.0.0.1:3000'], '--url and --steering-port go together.'],
  [['--url', 'x', '--steering-port', '1'], '--url must be a URL, not "x".'],
])('the invalid arguments %j are refused', (given, message) => {
  expect(readArguments(given)).toEqual({ kind: 'wrong', message });
});

test('the usage names every scenario', () => {
  for (const { name, about } of SCENARIOS) expect(USAGE).toMatch(new RegExp(`${name} +${about}`));
});

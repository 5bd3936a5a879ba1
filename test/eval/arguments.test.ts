import { expect, test } from 'vitest';
import { EXAMPLES } from '../../examples/examples.ts';
import { readArguments, USAGE } from './arguments.ts';
import { SCENARIOS } from './scenarios/index.ts';

test('every scenario is played once if there are no arguments', () => {
  const examples = EXAMPLES.map(({ name }) => name);
  expect(readArguments([])).toMatchObject({
    kind: 'run',
    scenarios: SCENARIOS,
    examples,
    runs: 1,
  });
});

test('an example is a scenario, unless the service or the scripted model is not its own', () => {
  expect(readArguments(['--scenario', 'gui'])).toMatchObject({ scenarios: [], examples: ['gui'] });
  expect(readArguments(['--scripted', 'deaf'])).toMatchObject({ examples: [] });
  expect(readArguments(['--scenario', 'gui', '--scripted', 'deaf'])).toMatchObject({
    kind: 'wrong',
    message: 'The example gui has a service and a scripted model of its own.',
  });
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
  for (const { name, about } of [...SCENARIOS, ...EXAMPLES])
    expect(USAGE).toMatch(new RegExp(`${name} +${about}`));
});

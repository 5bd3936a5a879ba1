/** The evaluation against its scripted models: the good one passes, and each bad one is caught by the check that is about it alone. */
import { execFile } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { evaluate } from '../eval/evaluate.ts';
import { explain } from '../eval/report.ts';
import type { Habit } from '../eval/models/habits.ts';
import { startScriptedModels } from '../eval/models/server.ts';
import { SCENARIOS } from '../eval/scenarios/index.ts';
import { EXTENSIONS } from '../eval/stage.ts';
import { startSteering, type Steering } from '../eval/steering.ts';
import { startTestService, type TestService } from '../kit/service.ts';

let answering: Habit = 'good';
let models: Awaited<ReturnType<typeof startScriptedModels>>;
let steering: Steering;
let service: TestService;
beforeAll(async () => {
  models = await startScriptedModels({ habitOf: () => answering });
  steering = await startSteering();
  service = await startTestService({
    temporal: inject('temporalAddress'),
    env: {
      OPENAI_BASE_URL: models.url,
      MEANWHILE_EXTENSIONS: EXTENSIONS,
      EVAL_STEERING_URL: steering.url,
    },
  });
});
afterEach((test) => service.explain(test));
afterAll(async () => {
  await service.remove();
  await steering.close();
  await models.close();
});

/** `scenario check` for each check that fails. */
async function failuresOf(habit: Habit) {
  answering = habit;
  const { client } = service;
  const outcomes = await evaluate({
    client,
    steering,
    patience_ms: 60_000,
    scenarios: SCENARIOS,
    runs: 1,
    parallel: SCENARIOS.length,
  });
  const failures = outcomes.flatMap(({ scenario, checks }) =>
    checks.filter(({ problems }) => problems.length > 0).map(({ check }) => `${scenario} ${check}`),
  );
  return { failures, why: explain(outcomes), outcomes };
}

test('the good model passes everything, including a reply that was interrupted', async () => {
  const { failures, why, outcomes } = await failuresOf('good');
  expect(failures, why).toEqual([]);
  const { conversation } = outcomes.find(({ scenario }) => scenario === 'interruption')!;
  const path = `/v1/conversations/${conversation}/entries?after=0&kind=reply.interrupted`;
  expect((await service.client.get(path)).entries).toMatchObject([
    // Cut off after one word or after many.
    { by: 'message', text: expect.stringMatching(/^The( sea( was.*)?)?\s*$/) },
  ]);
}, 180_000);

test.each<[habit: Habit, check: string, atLeastIn: string[]]>([
  ['inventing', 'nothing_invented', ['late-results', 'interruption', 'cancel', 'never-comes']],
  ['repeating', 'told_once', ['late-results', 'several-results', 'wait-for-all', 'similar-calls']],
  ['confusing', 'not_confused', ['several-results', 'cancel', 'similar-calls']],
  ['hoarding', 'called_off', ['cancel']],
  ['silent', 'told', ['late-results', 'several-results', 'changed-twice', 'similar-calls']],
  ['recalling', 'called_once', ['late-results', 'interruption', 'never-comes']],
  ['impatient', 'waited', ['wait-for-all']],
  ['deaf', 'answered', ['late-results', 'interruption', 'changed-twice', 'never-comes']],
])(
  'the %s model is caught by %s and by nothing else',
  async (habit, check, atLeastIn) => {
    const { failures, why } = await failuresOf(habit);
    expect(failures, why).toEqual(
      expect.arrayContaining(atLeastIn.map((scenario) => `${scenario} ${check}`)),
    );
    expect(new Set(failures.map((failure) => failure.split(' ')[1])), why).toEqual(
      new Set([check]),
    );
  },
  180_000,
);

test('the command asks the model from the environment, ends with a line of JSON, and fails if a check fails', async () => {
  answering = 'inventing';
  const { code, lines } = await runEval(['--scenario', 'never-comes'], {
    OPENAI_BASE_URL: models.url,
    OPENAI_MODEL: 'any',
  });
  expect(code).toBe(1);
  expect(lines.join('\n')).toMatch(/No tool had returned KX-0000: reply_\d+ said "/);
  expect(JSON.parse(lines.at(-1)!)).toEqual({
    eval: true,
    model: 'any',
    scenarios: 1,
    passed: 0,
    failed: 1,
    failures: [{ scenario: 'never-comes', run: 1, check: 'nothing_invented' }],
  });
}, 180_000);

function runEval(args: string[], env: Record<string, string>) {
  return new Promise<{ code: number; lines: string[] }>((resolve) => {
    const options = { env: { ...process.env, ...env } };
    execFile(process.execPath, ['test/eval/main.ts', ...args], options, (error, stdout) =>
      resolve({ code: Number(error?.code ?? 0), lines: stdout.trimEnd().split('\n') }),
    );
  });
}

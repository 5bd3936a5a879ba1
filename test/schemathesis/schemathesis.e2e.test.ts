import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import openapi from '../../docs/openapi.json' with { type: 'json' };
import { type Ground, prepareGround } from './ground.ts';
import { runSchemathesis, type SchemathesisRun } from './run.ts';

/** Always the same requests, as far as the service answers alike. */
const EFFORT = { seed: 17, seconds: 60 };
/** Installing schemathesis takes a minute or two, once. */
const PATIENCE_MS = 600_000;

let ground: Ground;
let run: SchemathesisRun;
beforeAll(async () => {
  ground = await prepareGround(inject('temporalAddress'));
  run = await runSchemathesis(ground, EFFORT);
  if (run.report.failures.length > 0 || run.report.errors.length > 0) console.log(run.output);
}, PATIENCE_MS);
afterAll(() => ground?.remove());

const OPERATIONS = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);

test.each(OPERATIONS)('%s answers schemathesis as the document says', (operation) => {
  const { failures } = run.report;
  expect(failures.filter(({ operations }) => operations.includes(operation))).toEqual([]);
});

test('schemathesis has asked every operation, and has met what exists', () => {
  const { complete, operations, errors, valid_rates } = run.report;
  expect({ complete, errors }).toEqual({ complete: true, errors: [] });
  expect(operations).toEqual({ total: OPERATIONS.length, tested: OPERATIONS.length });
  const accepted = Object.entries(valid_rates)
    .filter(([, phases]) => Object.values(phases).some((phase) => phase.accepted > 0))
    .map(([operation]) => operation);
  expect(accepted).toEqual(
    expect.arrayContaining([
      'POST /v1/conversations',
      'GET /v1/conversations/{id}/stream',
      'GET /v1/conversations/{id}/entries',
      'POST /v1/keys',
    ]),
  );
});

test('the key is still valid after the run', async () => {
  const headers = { authorization: `Bearer ${ground.key}` };
  expect((await fetch(`${ground.url}/v1/keys`, { headers })).status).toBe(200);
});

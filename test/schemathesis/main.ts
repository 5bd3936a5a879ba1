/** `npm run test:schemathesis`: a service with keys, asked by schemathesis for as long as you like. */
import { parseArgs } from 'node:util';
import { prepareGround } from './ground.ts';
import { runSchemathesis } from './run.ts';

const USAGE = `Usage: npm run test:schemathesis -- [--seconds N] [--seed S]

Starts a service with keys, and has schemathesis (from PyPI, installed once in node_modules/.cache) send requests that are made from
its OpenAPI document: no answer may be a server error, have an undocumented status or schema, or accept what the document forbids.
\`npm test\` does so for a minute.

  --seconds N  how long it asks (60)
  --seed S     the same seed gives the same requests (17)`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '17' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (!Number.isInteger(seconds) || seconds < 1 || !Number.isInteger(seed)) {
  console.error(USAGE);
  process.exit(2);
}

const ground = await prepareGround();
try {
  const { report, output } = await runSchemathesis(ground, { seconds, seed });
  const { failures, errors, test_cases } = report;
  console.log(output);
  const found = failures.length + errors.length;
  console.log(
    JSON.stringify({ schemathesis: true, seed, cases: test_cases.generated, failures: found }),
  );
  process.exitCode = found === 0 ? 0 : 1;
} finally {
  await ground.remove();
}

/** `npm run eval`: see arguments.ts for its usage and docs/evaluation.md for what it tells. */
import { existsSync } from 'node:fs';
import { Meanwhile } from '../../client/meanwhile.ts';
import { readConfig } from '../../config.ts';
import { readArguments, type Run, USAGE } from './arguments.ts';
import { evaluate, isPassed, type EvalOutcome } from './evaluate.ts';
import { playExamples } from './examples.ts';
import { explain, summarise, tables } from './report.ts';
import { openStage, type EvalStage } from './stage.ts';

const command = readArguments(process.argv.slice(2));
switch (command.kind) {
  case 'help':
    console.log(USAGE);
    break;
  case 'wrong':
    console.error(`${command.message}\n\n${USAGE}`);
    process.exitCode = 2;
    break;
  case 'run':
    await run(command);
}

/** Exit code 1 when a check failed, 2 when the service or the command failed. */
async function run(wanted: Run): Promise<void> {
  const say = (text: string) => wanted.json || console.log(text);
  const stage = await open(wanted);
  if (!stage) return;
  try {
    say(`Model: ${stage.model}\n`);
    const onOutcome = (outcome: EvalOutcome) =>
      say(`${isPassed(outcome) ? '✓' : '✗'} ${outcome.scenario}, run ${outcome.run}`);
    const { url, steering } = stage;
    const client = new Meanwhile({ baseURL: url, maxRetries: 0 });
    const outcomes = [
      ...(await evaluate({ ...wanted, client, steering, onOutcome })),
      ...(await playExamples({ ...wanted, onOutcome })),
    ];
    const summary = summarise(stage.model, outcomes);
    say(`\n${[tables(outcomes), explain(outcomes)].filter(Boolean).join('\n\n')}\n`);
    console.log(JSON.stringify(summary));
    if (summary.failed > 0) process.exitCode = 1;
  } catch (error) {
    console.error(error);
    process.exitCode = 2;
  } finally {
    await stage.close();
  }
}

async function open(wanted: Run): Promise<EvalStage | undefined> {
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
    return await openStage(wanted, readConfig());
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
    return undefined;
  }
}

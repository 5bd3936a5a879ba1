/** `npm run demo -- NAME`: plays an example live. See docs/examples.md. */
import { existsSync } from 'node:fs';
import { demo } from '../cli/demo.ts';
import { isDemo } from '../cli/model.ts';
import { aborted, report, runService } from '../cli/run-service.ts';
import { ConfigError, readConfig, type Settings } from '../config.ts';
import { readArguments } from './arguments.ts';
import { EXAMPLES } from './examples.ts';
import { type DemoOutcome, playExample, type DemoStage, startStage } from './play.ts';

const INSTALLER = 'installer';
const NAMES = [INSTALLER, ...EXAMPLES.map(({ name }) => name)];
const USAGE = `Usage: npm run demo -- [NAME] [--stay] [--patience SECONDS] [--json]

Plays an example with the model of OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL, or else with a scripted one, which is
not an AI. Each has a service and data of its own, which are removed afterwards.

${[
  [INSTALLER, 'The agent installs a package, tells milestones and goes on talking. The default.'],
  ...EXAMPLES.map(({ name, about }) => [name, about]),
]
  .map(([name, about]) => `  ${name!.padEnd(10)} ${about}`)
  .join('\n')}

  --stay     Keeps the service running afterwards, so that you can go on talking to it.
  --patience How many seconds the model may take for one step. Default: 60.
  --json     Prints only the last line: {"demo":NAME,"conversation":ID,"checks":[{"check","problems"}…]}`;

const command = readArguments(process.argv.slice(2), NAMES);
switch (command.kind) {
  case 'help':
    console.log(USAGE);
    break;
  case 'wrong':
    console.error(`${command.message}\n\n${USAGE}`);
    process.exitCode = 2;
    break;
  case 'play': {
    const settings = readSettings();
    if (settings === undefined) process.exitCode = 2;
    else if (command.name === INSTALLER) await demo(settings);
    else await play(command, settings);
  }
}

/** Sets exit code 1 if the story could not be played, or a check failed. */
async function play(
  { name, stay, json, patience_ms }: Extract<typeof command, { kind: 'play' }>,
  settings: Settings,
): Promise<void> {
  const example = EXAMPLES.find((each) => each.name === name)!;
  const print = (text: string) => void (json || process.stdout.write(text));
  print(`${example.about}\n`);
  await runService(
    ({ log, signal }) => startStage(example, settings, { log: json ? () => {} : log, signal }),
    async (stage: DemoStage, signal) => {
      const model = isDemo(settings) ? 'a scripted model, no AI' : settings.OPENAI_MODEL;
      print(`\n${stage.url}, with ${model}\n\n`);
      const outcome = await playExample(example, stage, { print, patience_ms });
      print(`\n${inWords(outcome)}\n`);
      if (json) console.log(JSON.stringify({ demo: name, ...outcome }));
      if (outcome.checks.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
      if (!stay) return;
      print(
        `\nTo go on: ${stage.url}/#/${outcome.conversation}, or npm run chat -- ${outcome.conversation} --url ${stage.url}\nCtrl-C stops it.\n`,
      );
      await aborted(signal);
    },
  ).catch(report);
}

function inWords({ checks }: DemoOutcome): string {
  return checks
    .flatMap(({ check, problems }) =>
      problems.length === 0
        ? [`  ✓ ${check}`]
        : [`  ✗ ${check}`, ...problems.map((why) => `      ${why}`)],
    )
    .join('\n');
}

function readSettings(): Settings | undefined {
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return undefined;
  }
}

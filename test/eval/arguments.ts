import { parseArgs } from 'node:util';
import { EXAMPLES } from '../../examples/examples.ts';
import { type Habit, HABITS, isHabit } from './models/habits.ts';
import { SCENARIOS } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';

export type EvalCommand =
  | { kind: 'help' }
  /** `message` is one sentence. */
  | { kind: 'wrong'; message: string }
  | ({ kind: 'run' } & Run);

export interface Run {
  scenarios: Scenario[];
  /** Names of examples, which are played as well. */
  examples: string[];
  runs: number;
  parallel: number;
  patience_ms: number;
  json: boolean;
  /** One of our own in place of the one that is set. */
  scripted?: Habit;
  /** A running service, and the port at which its tools look for their steps. */
  running?: { url: string; steeringPort: number };
}

export const USAGE = `Usage: npm run eval -- [options]

Plays scenarios with a model through the real service, and checks what was said and called.
The model is the one of OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL, OPENAI_API and OPENAI_PROFILE.
Where neither a key nor an address is set, it is a scripted model that behaves well.

  --scenario NAME  Only this one; may be repeated.
  --runs N         How often each is played. Default: 1.
  --parallel N     Conversations at once. Default: 4.
  --patience N     Seconds that one thing may take. Default: 60.
  --scripted NAME  A scripted model that behaves well or badly:
${Object.entries(HABITS)
  .map(([name, about]) => `                   ${name.padEnd(10)} ${about}`)
  .join('\n')}
  --url URL        A running service, in place of one of its own (docs/evaluation.md).
  --steering-port N  Where the tools of that service look for their steps.
  --json           Prints only the last line, which is JSON.
  --help           Shows this.

Scenarios:
${SCENARIOS.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join('\n')}

Examples (docs/examples.md), which are scenarios too, each with a service of its own:
${EXAMPLES.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join('\n')}`;

/** @param given what stands after the program's name */
export function readArguments(given: string[]): EvalCommand {
  try {
    const { values } = parseArgs({
      args: given,
      options: {
        scenario: { type: 'string', multiple: true },
        runs: { type: 'string', default: '1' },
        parallel: { type: 'string', default: '4' },
        patience: { type: 'string', default: '60' },
        scripted: { type: 'string' },
        url: { type: 'string' },
        'steering-port': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    const isOwn = values.url === undefined && (values.scripted ?? 'good') === 'good';
    return {
      kind: 'run',
      ...chosen(values.scenario, isOwn),
      runs: whole('--runs', values.runs),
      parallel: whole('--parallel', values.parallel),
      patience_ms: 1_000 * whole('--patience', values.patience),
      json: values.json,
      scripted: habit(values.scripted),
      running: running(values),
    };
  } catch (error) {
    // Its messages, like ours, are whole sentences for the user.
    return { kind: 'wrong', message: (error as Error).message };
  }
}

/** @param isOwn whether an example's own service, and the model that is set, may play it */
function chosen(names: string[] | undefined, isOwn: boolean): Pick<Run, 'scenarios' | 'examples'> {
  const known = EXAMPLES.map(({ name }) => name);
  if (!names) return { scenarios: SCENARIOS, examples: isOwn ? known : [] };
  const examples = names.filter((name) => known.includes(name));
  if (examples.length > 0 && !isOwn) {
    throw new Error(`The example ${examples[0]} has a service and a scripted model of its own.`);
  }
  const scenarios = names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const scenario = SCENARIOS.find((each) => each.name === name);
      if (!scenario) throw new Error(`There is no scenario "${name}".`);
      return scenario;
    });
  return { scenarios, examples };
}

function whole(option: string, given: string): number {
  const number = Number(given);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new Error(`${option} must be a whole number from 1 on, not "${given}".`);
}

function habit(name: string | undefined): Habit | undefined {
  if (name === undefined || isHabit(name)) return name;
  throw new Error(`There is no scripted model "${name}".`);
}

function running(values: { url?: string; 'steering-port'?: string; scripted?: string }) {
  const { url, 'steering-port': port, scripted } = values;
  if (url === undefined && port === undefined) return undefined;
  if (url === undefined || port === undefined) {
    throw new Error('--url and --steering-port go together.');
  }
  if (scripted !== undefined) throw new Error('The model of a running service is its own.');
  if (!URL.canParse(url)) throw new Error(`--url must be a URL, not "${url}".`);
  return { url: url.replace(/\/+$/, ''), steeringPort: whole('--steering-port', port) };
}

import { parseArgs } from 'node:util';

/** Commands that need settings. */
export type Task =
  | { type: 'start' }
  | { type: 'api' }
  | { type: 'worker' }
  | { type: 'demo' }
  | { type: 'doctor' }
  | { type: 'explain'; id: string }
  /** `url`: of the service. */
  | { type: 'mcp'; url?: string };

export type Command =
  | Task
  | { type: 'help' }
  | { type: 'version' }
  /** `message` is one sentence. */
  | { type: 'wrong'; message: string };

export const USAGE = `Usage: meanwhile <command>

Commands:
  start      Starts the service: Temporal, worker, API. Settings come from the environment
             and from .env; .env.example lists them.
  api        Starts the API alone, for a worker elsewhere. Needs TEMPORAL_ADDRESS and DATABASE_URL.
  worker     Starts a worker alone, for an API elsewhere. Needs the same settings.
  demo       Plays a sample conversation, on the running service or one started for it.
  doctor     Asks your model server a few small questions and says which settings fit it.
  mcp        Relays MCP over stdio to the running service, for a harness that starts a program.
             With --url URL: to a service elsewhere.
  explain ID Says why the agent spoke in a conversation of the running service, turn by turn.

Options:
  --help     Shows this help.
  --version  Shows the version.`;

/** @param given the arguments after the program's name */
export function readArguments(given: string[]): Command {
  try {
    const { values, positionals } = parseArgs({
      args: given,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        url: { type: 'string' },
      },
    });
    if (values.help) return { type: 'help' };
    if (values.version) return { type: 'version' };
    const command = readCommand(positionals);
    if (values.url === undefined) return command;
    return command.type === 'mcp'
      ? readUrl(values.url)
      : { type: 'wrong', message: 'Unexpected option --url.' };
  } catch (error) {
    // The parser's messages are whole sentences for the user.
    return { type: 'wrong', message: (error as Error).message };
  }
}

function readCommand([name, ...rest]: string[]): Command {
  if (name === 'explain') return readExplain(rest);
  if (rest.length > 0)
    return { type: 'wrong', message: `Unexpected argument "${rest.join(' ')}".` };
  switch (name) {
    case 'start':
    case 'api':
    case 'worker':
    case 'demo':
    case 'doctor':
    case 'mcp':
      return { type: name };
    case undefined:
      return { type: 'wrong', message: 'Missing command.' };
    default:
      return { type: 'wrong', message: `Unknown command "${name}".` };
  }
}

function readUrl(url: string): Command {
  const isHttp = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return isHttp
    ? { type: 'mcp', url }
    : { type: 'wrong', message: `--url must begin with http:// or https://, not "${url}".` };
}

function readExplain([id, ...rest]: string[]): Command {
  if (id === undefined) return { type: 'wrong', message: 'Missing conversation id.' };
  if (rest.length > 0)
    return { type: 'wrong', message: `Unexpected argument "${rest.join(' ')}".` };
  return { type: 'explain', id };
}

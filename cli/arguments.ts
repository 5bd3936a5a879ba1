import { parseArgs } from 'node:util';
import { KEY_OPTIONS, type KeysTask, readKeys } from './keys-arguments.ts';
import type { CommandWithHelp } from './usage.ts';
import { type McpCommand, readMcpArguments } from './mcp/arguments.ts';
import { unexpectedArgument, type Wrong, wrong, wrongUrl } from './wrong.ts';

/** Commands that need settings. */
export type ServiceCommand =
  | { kind: 'start' }
  | { kind: 'api' }
  | { kind: 'worker' }
  | { kind: 'demo' }
  | ({ kind: 'chat' } & ChatOptions)
  | { kind: 'doctor' }
  | { kind: 'explain'; id: string }
  | KeysTask
  | { kind: 'promote'; build: string }
  | { kind: 'archive'; file: string }
  | McpCommand;

export interface ChatOptions {
  /** Id of the conversation to continue. Default: a new one. */
  id?: string;
  /** URL of the service. Default: HOST and PORT of the settings. */
  url?: string;
  /** Default: MEANWHILE_API_KEY. */
  key?: string;
  agent?: string;
  json?: boolean;
}

export type Command =
  | ServiceCommand
  /** `of`: a command with a help text of its own. */
  | { kind: 'help'; of?: CommandWithHelp }
  | { kind: 'version' }
  | Wrong;

/** Reads a command line. @param given the arguments after the program's name */
export function readArguments(given: string[]): Command {
  try {
    if (given[0] === 'mcp') return readMcp(given.slice(1));
    const { values, positionals } = parseArgs({
      args: given,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        url: { type: 'string' },
        key: { type: 'string' },
        agent: { type: 'string' },
        json: { type: 'boolean' },
        ...KEY_OPTIONS,
      },
    });
    const { help, version, url, key, agent, json, ...ofKeys } = values;
    if (help) return helpOf(positionals);
    if (version) return { kind: 'version' };
    const options = onlyGiven({ url, key, agent, json });
    const isKeys = positionals[0] === 'keys';
    const [foreign] = Object.keys(isKeys ? options : ofKeys);
    if (foreign !== undefined) return wrong(`Unexpected option --${foreign}.`);
    if (isKeys) return readKeys(positionals.slice(1), ofKeys);
    return withOptions(readCommand(positionals), options);
  } catch (error) {
    // The parser's messages are whole sentences for the user.
    return wrong((error as Error).message);
  }
}

const onlyGiven = (options: Omit<ChatOptions, 'id'>): Omit<ChatOptions, 'id'> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

function helpOf([name]: string[]): Command {
  return name === 'api' || name === 'worker' ? { kind: 'help', of: name } : { kind: 'help' };
}

function readCommand([name, ...rest]: string[]): Command {
  switch (name) {
    case 'explain':
      return oneArgument(rest, 'conversation id', (id) => ({ kind: name, id }));
    case 'promote':
      return oneArgument(rest, 'build id', (build) => ({ kind: name, build }));
    case 'archive':
      return oneArgument(rest, 'file of the archive', (file) => ({ kind: name, file }));
    case 'chat':
      return rest.length === 0
        ? { kind: name }
        : oneArgument(rest, 'conversation id', (id) => ({ kind: name, id }));
    case 'start':
    case 'api':
    case 'worker':
    case 'demo':
    case 'doctor':
      return noArgument(rest, { kind: name });
    case undefined:
      return wrong('Missing command.');
    default:
      return wrong(`Unknown command "${name}".`);
  }
}

function oneArgument(
  [given, ...rest]: string[],
  what: string,
  command: (given: string) => Command,
): Command {
  if (given === undefined) return wrong(`Missing ${what}.`);
  return noArgument(rest, command(given));
}

const noArgument = (rest: string[], command: Command): Command =>
  unexpectedArgument(rest) ?? command;

const OPTIONS: Partial<Record<Command['kind'], readonly string[]>> = {
  chat: ['url', 'key', 'agent', 'json'],
};

function withOptions(command: Command, options: Omit<ChatOptions, 'id'>): Command {
  if (command.kind === 'wrong') return command;
  const allowed = OPTIONS[command.kind] ?? [];
  const unexpected = Object.keys(options).find((name) => !allowed.includes(name));
  if (unexpected) return wrong(`Unexpected option --${unexpected}.`);
  if (command.kind === 'chat' && command.id !== undefined && options.agent !== undefined) {
    return wrong('A conversation keeps its agent: --agent is for a new one.');
  }
  return wrongUrl('url', options.url) ?? { ...command, ...options };
}

function readMcp(given: string[]): Command {
  const command = readMcpArguments(given);
  return command.kind === 'mcp-help' ? { kind: 'help', of: 'mcp' } : command;
}

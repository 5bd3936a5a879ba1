import { parseArgs } from 'node:util';
import { KEY_OPTIONS, type KeysTask, readKeys } from './keys-arguments.ts';
import type { CommandWithHelp } from './usage.ts';
import { type McpCommand, readMcpArguments } from './mcp/arguments.ts';

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
  /** Id of the conversation to continue. */
  id?: string;
  url?: string;
  key?: string;
  agent?: string;
  json?: boolean;
}

export type Command =
  | ServiceCommand
  /** `of`: a command that has its own. */
  | { kind: 'help'; of?: CommandWithHelp }
  | { kind: 'version' }
  /** `message` is one sentence. */
  | { kind: 'wrong'; message: string };

/** @param given the arguments after the program's name */
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
    if (foreign !== undefined) return { kind: 'wrong', message: `Unexpected option --${foreign}.` };
    if (isKeys) return readKeys(positionals.slice(1), ofKeys);
    return withOptions(readCommand(positionals), options);
  } catch (error) {
    // The parser's messages are whole sentences for the user.
    return { kind: 'wrong', message: (error as Error).message };
  }
}

const onlyGiven = (options: Omit<ChatOptions, 'id'>): Omit<ChatOptions, 'id'> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

function helpOf([name]: string[]): Command {
  return name === 'api' || name === 'worker' ? { kind: 'help', of: name } : { kind: 'help' };
}

function readCommand([name, ...rest]: string[]): Command {
  if (name === 'explain') return readExplain(rest);
  if (name === 'promote') return readPromote(rest);
  if (name === 'archive') return readArchiveFile(rest);
  if (name === 'chat' && rest.length === 1) return { kind: 'chat', id: rest[0]! };
  if (rest.length > 0)
    return { kind: 'wrong', message: `Unexpected argument "${rest.join(' ')}".` };
  switch (name) {
    case 'start':
    case 'api':
    case 'worker':
    case 'demo':
    case 'doctor':
    case 'chat':
      return { kind: name };
    case undefined:
      return { kind: 'wrong', message: 'Missing command.' };
    default:
      return { kind: 'wrong', message: `Unknown command "${name}".` };
  }
}

const OPTIONS: Partial<Record<Command['kind'], readonly string[]>> = {
  chat: ['url', 'key', 'agent', 'json'],
};

function withOptions(command: Command, options: Omit<ChatOptions, 'id'>): Command {
  if (command.kind === 'wrong') return command;
  const allowed = OPTIONS[command.kind] ?? [];
  const unexpected = Object.keys(options).find((name) => !allowed.includes(name));
  if (unexpected) return { kind: 'wrong', message: `Unexpected option --${unexpected}.` };
  const { url } = options;
  if (url !== undefined && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) {
    return { kind: 'wrong', message: `--url must begin with http:// or https://, not "${url}".` };
  }
  if (command.kind === 'chat' && command.id !== undefined && options.agent !== undefined) {
    return { kind: 'wrong', message: 'A conversation keeps its agent: --agent is for a new one.' };
  }
  return { ...command, ...options };
}

function readMcp(given: string[]): Command {
  const command = readMcpArguments(given);
  return command.kind === 'mcp-help' ? { kind: 'help', of: 'mcp' } : command;
}

function readExplain([id, ...rest]: string[]): Command {
  if (id === undefined) return { kind: 'wrong', message: 'Missing conversation id.' };
  if (rest.length > 0)
    return { kind: 'wrong', message: `Unexpected argument "${rest.join(' ')}".` };
  return { kind: 'explain', id };
}

function readPromote([build, ...rest]: string[]): Command {
  if (build === undefined) return { kind: 'wrong', message: 'Missing build id.' };
  if (rest.length > 0)
    return { kind: 'wrong', message: `Unexpected argument "${rest.join(' ')}".` };
  return { kind: 'promote', build };
}

function readArchiveFile([file, ...rest]: string[]): Command {
  if (file === undefined) return { kind: 'wrong', message: 'Missing file of the archive.' };
  if (rest.length > 0)
    return { kind: 'wrong', message: `Unexpected argument "${rest.join(' ')}".` };
  return { kind: 'archive', file };
}

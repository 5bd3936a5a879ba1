import { parseArgs } from 'node:util';
import { KEY_OPTIONS, type KeysTask, readKeys } from './keys-arguments.ts';
import type { Role } from './usage.ts';

/** Commands that need settings. */
export type Task =
  | { kind: 'start' }
  | { kind: 'api' }
  | { kind: 'worker' }
  | { kind: 'demo' }
  | { kind: 'doctor' }
  | { kind: 'explain'; id: string }
  | KeysTask
  /** `url`: of the service. */
  | { kind: 'mcp'; url?: string; serves?: 'tools' };

export type Command =
  | Task
  /** `of`: a command that has its own. */
  | { kind: 'help'; of?: Role }
  | { kind: 'version' }
  /** `message` is one sentence. */
  | { kind: 'wrong'; message: string };

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
        ...KEY_OPTIONS,
      },
    });
    const { url, help, version, ...ofKeys } = values;
    if (help) return helpOf(positionals);
    if (version) return { kind: 'version' };
    if (positionals[0] === 'keys' && url === undefined) {
      return readKeys(positionals.slice(1), ofKeys);
    }
    const [foreign] = Object.keys(ofKeys);
    if (foreign !== undefined) return { kind: 'wrong', message: `Unexpected option --${foreign}.` };
    const command = readCommand(positionals);
    if (url === undefined) return command;
    return command.kind === 'mcp'
      ? readUrl(command, url)
      : { kind: 'wrong', message: 'Unexpected option --url.' };
  } catch (error) {
    // The parser's messages are whole sentences for the user.
    return { kind: 'wrong', message: (error as Error).message };
  }
}

function helpOf([name]: string[]): Command {
  return name === 'api' || name === 'worker' ? { kind: 'help', of: name } : { kind: 'help' };
}

function readCommand([name, ...rest]: string[]): Command {
  if (name === 'explain') return readExplain(rest);
  if (name === 'mcp' && rest.length === 1 && rest[0] === 'tools') {
    return { kind: 'mcp', serves: 'tools' };
  }
  if (rest.length > 0)
    return { kind: 'wrong', message: `Unexpected argument "${rest.join(' ')}".` };
  switch (name) {
    case 'start':
    case 'api':
    case 'worker':
    case 'demo':
    case 'doctor':
    case 'mcp':
      return { kind: name };
    case undefined:
      return { kind: 'wrong', message: 'Missing command.' };
    default:
      return { kind: 'wrong', message: `Unknown command "${name}".` };
  }
}

function readUrl(command: Task & { kind: 'mcp' }, url: string): Command {
  const isHttp = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return isHttp
    ? { ...command, url }
    : { kind: 'wrong', message: `--url must begin with http:// or https://, not "${url}".` };
}

function readExplain([id, ...rest]: string[]): Command {
  if (id === undefined) return { kind: 'wrong', message: 'Missing conversation id.' };
  if (rest.length > 0)
    return { kind: 'wrong', message: `Unexpected argument "${rest.join(' ')}".` };
  return { kind: 'explain', id };
}

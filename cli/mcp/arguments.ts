/** The command line of `meanwhile mcp`. */
import { parseArgs } from 'node:util';
import { unexpectedArgument, type Wrong, wrong, wrongUrl } from '../wrong.ts';
import { CLIENTS, type ClientName } from './clients.ts';

export type McpCommand = {
  kind: 'mcp';
  /** URL of the service. Default: the address in the settings. */
  url?: string;
} & (
  | { does: 'relay'; serves: 'agents' | 'tools' }
  | { does: 'proxy'; target: ProxyTarget }
  | { does: 'calls' }
  | {
      does: 'install';
      client: ClientName;
      name: string;
      /** Arguments after `meanwhile mcp` of the command that the harness will start. */
      args: string[];
      print: boolean;
      yes: boolean;
    }
);

/** `known`: a server of the service's mcp.json; `all`: every tool of the service. */
export type ProxyTarget =
  | { kind: 'all' }
  | { kind: 'known'; name: string }
  | { kind: 'command'; name: string; argv: [string, ...string[]]; env: string[] }
  | { kind: 'url'; name: string; url: string; headers: Record<string, string> };

export const MCP_USAGE = `Usage: meanwhile mcp [command]

  mcp                     Relays MCP over stdio to the agents of the running service.
  mcp tools               Relays to its tools.
  mcp proxy [--name N] -- COMMAND …
                          Stands in for an MCP server that is a program: same tools, durable calls.
       --env NAME[=VALUE] A variable that the program needs. Repeatable.
  mcp proxy [--name N] --url URL
       --header "K: V"    The same for a server at a URL. Repeatable.
  mcp proxy [--name N]    The same for a server of the service's mcp.json; without a name, all of them.
  mcp calls               Lists the calls that run, and those that ended last.
  mcp install CLIENT [--name N] [agents|tools]
                          Adds the service to the configuration of ${Object.keys(CLIENTS).join(', ')}.
  mcp install CLIENT [--name N] -- COMMAND …
                          Adds a proxy in front of that server.
       --env NAME[=VALUE] As for \`mcp proxy\`.
       --print            Only prints what it would write.
       --yes              Does not ask.

  --service URL           The running service. Default: HOST and PORT. For \`mcp\`, \`tools\` and \`calls\`, --url too.`;

/** @param given the arguments after `mcp` */
export function readMcpArguments(given: string[]): McpCommand | Wrong | { kind: 'mcp-help' } {
  const split = given.indexOf('--');
  const [own, command] = split < 0 ? [given, []] : [given.slice(0, split), given.slice(split + 1)];
  const { values, positionals } = parseArgs({
    args: own,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      url: { type: 'string' },
      service: { type: 'string' },
      name: { type: 'string' },
      env: { type: 'string', multiple: true, default: [] },
      header: { type: 'string', multiple: true, default: [] },
      print: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'mcp-help' };
  const [what, ...rest] = positionals;
  const badUrl = wrongUrl('url', values.url) ?? wrongUrl('service', values.service);
  if (badUrl) return badUrl;
  if (values.name !== undefined && !/^[\w.-]{1,50}$/.test(values.name)) {
    return wrong('--name must have letters, digits, ".", "_" or "-" only.');
  }
  const allowed = OPTIONS[what ?? ''] ?? [];
  for (const name of NOT_FOR_ALL) {
    const value = values[name];
    const isSet = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
    if (isSet && !allowed.includes(name)) return wrong(`Unexpected option --${name}.`);
  }
  const takesCommand = what === 'proxy' || what === 'install';
  const unwanted = takesCommand ? wrongEnv(values.env, command) : unexpectedArgument(command);
  if (unwanted) return unwanted;
  const service = values.service ?? (takesCommand ? undefined : values.url);
  const base = { kind: 'mcp', ...(service !== undefined && { url: service }) } as const;
  switch (what) {
    case undefined:
      return { ...base, does: 'relay', serves: 'agents' };
    case 'tools':
      return unexpectedArgument(rest) ?? { ...base, does: 'relay', serves: 'tools' };
    case 'calls':
      return unexpectedArgument(rest) ?? { ...base, does: 'calls' };
    case 'proxy': {
      const target = readTarget(values, command);
      if ('message' in target) return target;
      return unexpectedArgument(rest) ?? { ...base, does: 'proxy', target };
    }
    case 'install':
      return readInstall(base, rest, values, command);
    default:
      return wrong(`Unexpected argument "${positionals.join(' ')}".`);
  }
}

/** Options that only some commands have. */
const NOT_FOR_ALL = ['name', 'env', 'header', 'print', 'yes'] as const;
const OPTIONS: Record<string, readonly (typeof NOT_FOR_ALL)[number][]> = {
  proxy: ['name', 'env', 'header'],
  install: ['name', 'env', 'print', 'yes'],
};

interface Values {
  url?: string;
  service?: string;
  name?: string;
  env: string[];
  header: string[];
  print: boolean;
  yes: boolean;
}

function wrongEnv(env: string[], command: string[]): Wrong | undefined {
  if (env.length > 0 && command.length === 0) return wrong('--env is for a server with a command.');
  const bad = env.find((each) => !/^[A-Za-z_]\w*(=|$)/.test(each));
  return bad === undefined ? undefined : wrong(`--env must be NAME or NAME=VALUE, not "${bad}".`);
}

function readTarget({ url, name, env, header }: Values, command: string[]): ProxyTarget | Wrong {
  const [program, ...args] = command;
  if (program !== undefined && url !== undefined) {
    return wrong('A server has either a command or --url, not both.');
  }
  if (url === undefined && header.length > 0) return wrong('--header is for a server with --url.');
  if (program !== undefined) {
    return { kind: 'command', name: name ?? serverNameIn(command), argv: [program, ...args], env };
  }
  if (url !== undefined) {
    const headers: Record<string, string> = {};
    for (const each of header) {
      const [, key, value] = /^([\w-]+):\s*(.*)$/.exec(each) ?? [];
      if (key === undefined) return wrong(`--header must be "Name: value", not "${each}".`);
      headers[key] = value!;
    }
    return { kind: 'url', name: name ?? new URL(url).hostname, url, headers };
  }
  return name === undefined ? { kind: 'all' } : { kind: 'known', name };
}

/** The name of the server that a command starts: `server-everything` for `npx -y @scope/server-everything stdio`. */
function serverNameIn(command: string[]): string {
  const runners = /^(npx|node|uvx|uv|bunx|deno|python3?|docker|pnpm|npm|run|exec|dlx|x)$/;
  const words = command
    .map((word) =>
      word
        .split(/[\\/]/)
        .at(-1)!
        .replace(/@[\d.]+$|\.\w+$/g, ''),
    )
    .filter((word, nth) => word !== '' && !command[nth]!.startsWith('-') && !runners.test(word));
  const [word = 'server'] = words;
  return word.replaceAll(/[^\w.-]/g, '-').slice(0, 50);
}

function readInstall(
  base: { kind: 'mcp'; url?: string },
  [client, ...rest]: string[],
  values: Values,
  command: string[],
): McpCommand | Wrong {
  const known = Object.keys(CLIENTS);
  if (client === undefined || !known.includes(client)) {
    return wrong(`Name the client: ${known.join(', ')}.`);
  }
  const [serves = 'tools', ...more] = command.length > 0 ? [] : rest;
  if (serves !== 'tools' && serves !== 'agents') return wrong(`Unexpected argument "${serves}".`);
  const unexpected = unexpectedArgument(command.length > 0 ? rest : more);
  if (unexpected) return unexpected;
  if (values.url !== undefined) return wrong('Unexpected option --url.');
  const service = base.url === undefined ? [] : ['--service', base.url];
  const env = values.env.flatMap((each) => ['--env', each]);
  const named = values.name ?? (command.length > 0 ? serverNameIn(command) : 'meanwhile');
  const args =
    command.length > 0
      ? ['proxy', '--name', named, ...service, ...env, '--', ...command]
      : [...(serves === 'tools' ? ['tools'] : []), ...service];
  const { print, yes } = values;
  return { ...base, does: 'install', client: client as ClientName, name: named, args, print, yes };
}

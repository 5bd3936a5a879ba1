/** In which file each harness declares its MCP servers, and how an entry is added to it. Pure. */
import { join } from 'node:path';

export type ClientName = 'codex' | 'claude' | 'cursor' | 'vscode' | 'opencode';

export interface UserPlace {
  home: string;
  platform: NodeJS.Platform;
  /** Environment variables. */
  variables: Record<string, string | undefined>;
}

export interface HarnessClient {
  /** The name that people read. */
  title: string;
  file(place: UserPlace): string;
  /**
   * @returns the new text of the file
   * @throws Error, whose message is a sentence, for a file that cannot be changed safely
   */
  add(text: string, name: string, command: [string, ...string[]]): string;
}

export const CLIENTS: Record<ClientName, HarnessClient> = {
  codex: {
    title: 'Codex',
    file: ({ home, variables }) =>
      join(variables['CODEX_HOME'] ?? join(home, '.codex'), 'config.toml'),
    add: addToml,
  },
  claude: {
    title: 'Claude Code',
    file: ({ home, variables }) => join(variables['CLAUDE_CONFIG_DIR'] ?? home, '.claude.json'),
    add: (text, name, [command, ...args]) =>
      addJson(text, ['mcpServers', name], { type: 'stdio', command, args, env: {} }),
  },
  cursor: {
    title: 'Cursor',
    file: ({ home }) => join(home, '.cursor', 'mcp.json'),
    add: (text, name, [command, ...args]) => addJson(text, ['mcpServers', name], { command, args }),
  },
  vscode: {
    title: 'VS Code',
    file: (place) => join(userFolder(place), 'Code', 'User', 'mcp.json'),
    add: (text, name, [command, ...args]) =>
      addJson(text, ['servers', name], { type: 'stdio', command, args }),
  },
  opencode: {
    title: 'opencode',
    file: ({ home, variables }) =>
      join(variables['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'opencode', 'opencode.json'),
    add: (text, name, command) =>
      addJson(text, ['mcp', name], { type: 'local', command, enabled: true }),
  },
};

function userFolder({ home, platform, variables }: UserPlace): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return variables['APPDATA'] ?? join(home, 'AppData', 'Roaming');
  return variables['XDG_CONFIG_HOME'] ?? join(home, '.config');
}

/** Keeps every other field, and the indentation. */
function addJson(text: string, [group, name]: [string, string], entry: object): string {
  let whole: Record<string, unknown>;
  try {
    whole = text.trim() === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  } catch {
    throw new Error('It is not plain JSON (it may have comments), so it is left as it is.');
  }
  const isObject = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(whole)) throw new Error('It is not a JSON object, so it is left as it is.');
  const known = whole[group] ?? {};
  if (!isObject(known)) throw new Error(`Its "${group}" is not an object, so it is left as it is.`);
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  const changed = { ...whole, [group]: { ...known, [name]: entry } };
  return `${JSON.stringify(changed, undefined, indent)}\n`;
}

/** Replaces the table of that name, with the tables inside it, or adds one at the end. */
function addToml(text: string, name: string, [command, ...args]: [string, ...string[]]): string {
  const header = /^[\w-]+$/.test(name)
    ? `mcp_servers.${name}`
    : `mcp_servers.${JSON.stringify(name)}`;
  const table = [
    `[${header}]`,
    `command = ${JSON.stringify(command)}`,
    `args = [${args.map((each) => JSON.stringify(each)).join(', ')}]`,
  ];
  const lines = text.split('\n');
  const isOwn = (line: string) => {
    const [, found] = /^\s*\[\[?\s*([^\]]+?)\s*\]/.exec(line) ?? [];
    return found === header || found?.startsWith(`${header}.`) === true;
  };
  const from = lines.findIndex(isOwn);
  if (from < 0) return `${[text.trimEnd(), table.join('\n')].filter(Boolean).join('\n\n')}\n`;
  const next = lines.findIndex((line, nth) => nth > from && /^\s*\[/.test(line) && !isOwn(line));
  const after = next < 0 ? [] : ['', ...lines.slice(next)];
  return `${[...lines.slice(0, from), ...table, ...after].join('\n').trimEnd()}\n`;
}

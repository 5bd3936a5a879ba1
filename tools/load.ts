/**
 * Finds every tool and agent: the built-in ones, and those in a team's own folder. One file declares one, as its default export.
 * Any mistake in one of them stops the start, so that no conversation runs into it later.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Agent } from '../agents/define.ts';
import type { Catalogue } from './catalogue.ts';
import { checkAgent, type CheckOptions, checkTool } from './check.ts';
import type { Tool } from './define.ts';
import { openToExtensions } from './extension-imports.ts';

/** Dependencies of tools: a tool's file may export a function that takes these and returns the tool. */
export interface ToolSettings {
  /** Folder for files that tools keep. Absolute. */
  home: string;
}

export interface LoadOptions extends ToolSettings, CheckOptions {
  /** Whether the tools of the demo are included. They only pretend to work. */
  demoTools: boolean;
  /** Whether a tool of this name may appear later, so that agents may name it. */
  isExpected(name: string): boolean;
}

/** The catalogue is invalid. The message is complete: show it and stop. */
export class CatalogueError extends Error {
  override name = 'CatalogueError';
}

/**
 * @param extensions a team's folder with `tools/`, `agents/` or both. Its agents may replace built-in ones.
 * @param options.home Default: `.meanwhile` in the working directory.
 * @param options.allowPrivateUrls Default: false.
 * @param options.demoTools Default: false.
 * @param options.isExpected Default: no tool appears later.
 * @throws CatalogueError naming each file, what is wrong with it and what is allowed
 */
export async function loadCatalogue(
  extensions?: string,
  {
    home = '.meanwhile',
    allowPrivateUrls = false,
    demoTools = false,
    isExpected = () => false,
  }: Partial<LoadOptions> = {},
): Promise<Catalogue> {
  const settings: ToolSettings = { home: resolve(home) };
  const folder = extensions === undefined ? undefined : await openExtensions(resolve(extensions));
  const declared = async (kind: Kind) => [
    ...(await importAll(join(ROOT, kind, 'builtin'), 'built-in', settings)),
    ...(folder ? await importAll(join(folder, kind), 'team', settings) : []),
  ];

  const demo = demoTools ? await importAll(join(ROOT, 'tools/demo'), 'built-in', settings) : [];

  const tools = collect<Tool>(
    [...demo, ...(await declared('tools'))],
    (tool) => checkTool(tool, { allowPrivateUrls }),
    () => false,
  );
  const agents = collect<Agent>(
    await declared('agents'),
    (agent) => checkAgent(agent, tools.names, isExpected),
    (earlier, later) => earlier.from === 'built-in' && later.from === 'team',
  );
  const problems = [...tools.problems, ...agents.problems];
  if (problems.length > 0) throw new CatalogueError(problems.join('\n'));
  return { tools: tools.byName, agents: agents.byName };
}

/** Name of the file in a team's folder that declares MCP servers. */
export const MCP_FILE = 'mcp.json';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

type Kind = 'tools' | 'agents';

interface Declared {
  path: string;
  from: 'built-in' | 'team';
  loaded: { ok: true; value: unknown } | { ok: false; problem: string };
}

async function openExtensions(folder: string): Promise<string> {
  const kinds = await Promise.all([
    modulesIn(join(folder, 'tools')),
    modulesIn(join(folder, 'agents')),
  ]);
  if (kinds.every((files) => files === undefined) && !existsSync(join(folder, MCP_FILE))) {
    throw new CatalogueError(
      `${folder}: has neither a folder tools/ nor a folder agents/, nor a file ${MCP_FILE}.`,
    );
  }
  openToExtensions(folder);
  return folder;
}

/** Undefined when there is no such folder. */
async function modulesIn(folder: string): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) => /\.(ts|js|mjs)$/.test(name) && !/\.(test|d)\.\w+$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CatalogueError(`${folder}: cannot be read: ${(error as Error).message}`);
  }
}

async function importAll(folder: string, from: Declared['from'], settings: ToolSettings) {
  const paths = (await modulesIn(folder)) ?? [];
  return Promise.all(
    paths.map(async (path): Promise<Declared> => {
      return { path, from, loaded: await importDefault(path, settings) };
    }),
  );
}

async function importDefault(path: string, settings: ToolSettings): Promise<Declared['loaded']> {
  try {
    const module: { default?: unknown } = await import(pathToFileURL(path).href);
    if (module.default === undefined) {
      return {
        ok: false,
        problem: 'has no default export; write `export default defineTool({ … })`.',
      };
    }
    const value = typeof module.default === 'function' ? module.default(settings) : module.default;
    return { ok: true, value: await value };
  } catch (error) {
    return {
      ok: false,
      problem: `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** `byName` has the valid declarations, `problems` the errors of the others, and `names` the names of both. */
function collect<T extends { name: string }>(
  all: Declared[],
  check: (value: unknown) => string[],
  mayReplace: (earlier: Declared, later: Declared) => boolean,
) {
  const byName = new Map<string, T>();
  const owners = new Map<string, Declared>();
  const problems: string[] = [];
  for (const declared of all) {
    const { path, loaded } = declared;
    const found = loaded.ok ? check(loaded.value) : [loaded.problem];
    problems.push(...found.map((problem) => `${path}: ${problem}`));
    if (!loaded.ok) continue;
    const value = loaded.value as T;
    const owner = owners.get(value?.name);
    if (owner && !mayReplace(owner, declared)) {
      problems.push(`${path}: name: "${value.name}" is taken by ${owner.path}; choose another.`);
    }
    owners.set(value?.name, declared);
    if (found.length === 0) byName.set(value.name, value);
  }
  return { byName, names: [...owners.keys()], problems };
}

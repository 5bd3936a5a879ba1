/** Makes tools of this service from all tool declarations of a server. */
import type { Tool as Upstream } from '@modelcontextprotocol/client';
import type { ServerStatus } from '../../tools/catalogue.ts';
import type { LocalTool } from '../../tools/define.ts';
import { readableLine } from '../../tools/lines.ts';
import { canBeTask, type Declaring, declareUpstream, fingerprint } from './declare.ts';
import { UnusableSchema } from './input-schema.ts';
import { toolName } from './names.ts';

/** The tools of one server, over all of its answers. */
export interface ToolsOfServer extends Pick<Declaring, 'server' | 'program' | 'session'> {
  /** Every tool that the server has ever offered, since calls of it may still run. */
  known: Map<string, LocalTool>;
  /** Of each known tool, the fingerprint of the declaration that it was made from. */
  fingerprints: Map<string, string>;
  /** The fingerprint of the latest declaration of each tool that could not be used. */
  unusable: Map<string, string>;
}

export interface DeclaredTools {
  found: Map<string, LocalTool>;
  /** The tools that cannot be used, and why. */
  left_out: ServerStatus['left_out'];
}

/**
 * Adds the tools to `known`. A tool whose declaration is unchanged stays the same object, since callers cache what they derive from it.
 * @param options.taken names that belong to other tools
 * @param options.first by tool, the fingerprint of the first declaration that the server gave
 */
export function declareAll(
  { known, fingerprints, unusable, ...declaring }: ToolsOfServer,
  upstream: Upstream[],
  {
    taken,
    first,
    log,
  }: { taken: ReadonlySet<string>; first: Record<string, string>; log(line: string): void },
): DeclaredTools {
  const { server } = declaring;
  const found = new Map<string, LocalTool>();
  const left_out: DeclaredTools['left_out'] = [];
  const leaveOut = (tool: string, why: string) => {
    if (left_out.length < MOST_LEFT_OUT) left_out.push({ tool: readableLine(tool, 100), why });
  };
  for (const each of upstream) {
    if (server.settings.tools[each.name]?.offer === false) continue;
    const name = toolName(server.name, each.name, taken);
    if (found.has(name)) {
      leaveOut(each.name, 'The server lists it twice.');
      continue;
    }
    if (found.size >= MOST_TOOLS) {
      leaveOut(each.name, `A server may offer at most ${MOST_TOOLS} tools.`);
      break;
    }
    const print = fingerprint(each);
    const before = known.get(name);
    const own = `${print} ${canBeTask(each)}`;
    if (before && fingerprints.get(name) === own) {
      found.set(name, before);
      unusable.delete(name);
      continue;
    }
    const hasChanged = (first[each.name] ?? print) !== print;
    if ((before || hasChanged) && unusable.get(name) !== own) {
      log(`The MCP server ${server.name} has changed the definition of its tool ${name}.`);
    }
    try {
      found.set(name, declareUpstream(each, { ...declaring, name, hasChanged }));
      fingerprints.set(name, own);
      unusable.delete(name);
    } catch (error) {
      if (!(error instanceof UnusableSchema)) throw error;
      unusable.set(name, own);
      leaveOut(each.name, `It cannot be offered to a model: ${error.message}.`);
    }
  }
  for (const [name, tool] of found) known.set(name, tool);
  return { found, left_out };
}

/** Bounds the status of a server, which people read. */
const MOST_LEFT_OUT = 50;
/** More tools than any model can choose from. */
const MOST_TOOLS = 500;

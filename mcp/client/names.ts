/** The names under which a model sees the tools of MCP servers. */
import { createHash } from 'node:crypto';

/**
 * `server__tool` if that is a valid name for every model provider and cannot belong to another tool. Otherwise a short form: the
 * readable part of it and a hash of both names. The name depends on nothing else, so it is the same at every start.
 * @param taken names that belong to other tools
 */
export function toolName(server: string, tool: string, taken: ReadonlySet<string>): string {
  const plain = `${server}__${tool}`;
  return isPlain(server, tool) && !taken.has(plain) ? plain : shortName(server, tool);
}

/** Whether a tool of this name may belong to this server. */
export function isOfServer(server: string, name: string): boolean {
  const prefix = `${readable(server)}__`;
  return name.startsWith(prefix.slice(0, MOST_READABLE));
}

const LONGEST_NAME = 64;
const HASH = 8;
const MOST_READABLE = LONGEST_NAME - HASH - 1;

/** A server name with `__` inside or `_` at its end is not plain: `a__b` could be server `a` with a tool `b__…`. */
function isPlain(server: string, tool: string): boolean {
  const isServer = /^[A-Za-z][\w-]*$/.test(server) && !/__|_$/.test(server);
  return isServer && /^[\w-]+$/.test(tool) && server.length + 2 + tool.length <= LONGEST_NAME;
}

function shortName(server: string, tool: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([server, tool]))
    .digest('hex');
  const text = `${readable(server)}__${tool.replaceAll(/[^\w-]/g, '_')}`;
  return `${text.slice(0, MOST_READABLE)}_${hash.slice(0, HASH)}`;
}

/** A letter, then letters, digits, `_` or `-`. */
function readable(server: string): string {
  const text = server.replaceAll(/[^\w-]/g, '_');
  return /^[A-Za-z]/.test(text) ? text : `m${text}`;
}

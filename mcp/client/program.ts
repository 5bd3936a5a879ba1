/** The programs that call MCP servers, and their environment. */
import type { PriorDiscovery } from '@modelcontextprotocol/client';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptProgram, type McpProgram } from '../../tools/mcp-program.ts';
import type { McpServer } from './config.ts';

/** The JSON in the environment variable MEANWHILE_MCP. */
export interface ProgramVariables {
  server: McpServer['transport'];
  era?: PriorDiscovery;
  allowPrivateUrls: boolean;
}

/** A progress notification that carries this in its `_meta` is a partial result. */
export const RESULT_META = 'meanwhile/result';

/**
 * Runs each call in a program of its own.
 * @param variables called at each start
 */
export const callProgram = (variables: () => ProgramVariables): McpProgram =>
  keptProgram({ argv: startOf('call'), variables: () => asEnvironment(variables()) });

export const asEnvironment = (variables: ProgramVariables) => ({
  MEANWHILE_MCP: JSON.stringify(variables),
});

/** The command line of a program: `call` makes one call, `host` makes all calls of a server. */
export function startOf(program: 'call' | 'host'): [string, ...string[]] {
  const compiled = getCompileCacheDir();
  const start = fileURLToPath(new URL('start.js', import.meta.url));
  const cache = compiled === undefined ? [] : [dirname(compiled)];
  return [process.execPath, start, program, ...cache];
}

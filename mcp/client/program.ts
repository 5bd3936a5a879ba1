/** The program that makes a call of an MCP tool, and what it is given. */
import type { PriorDiscovery } from '@modelcontextprotocol/client';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { McpProgram } from '../../tools/mcp.ts';
import type { McpServer } from './config.ts';

/** In the variable MEANWHILE_MCP. */
export interface ProgramVariables {
  server: McpServer['transport'];
  era?: PriorDiscovery;
  allowPrivateUrls: boolean;
}

/** A progress notification that carries this in its `_meta` is a partial result. */
export const RESULT_META = 'meanwhile/result';

/** @param variables called at each start */
export function callProgram(variables: () => ProgramVariables): McpProgram {
  const compiled = getCompileCacheDir();
  const start = fileURLToPath(new URL('start.js', import.meta.url));
  return {
    argv: [process.execPath, start, ...(compiled === undefined ? [] : [dirname(compiled)])],
    variables: () => ({ MEANWHILE_MCP: JSON.stringify(variables()) }),
  };
}

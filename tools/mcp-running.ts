import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isSpoolOpen } from './keeper/alive.ts';
import { labelsOfCalls } from './keeper/running.ts';
import { readMcpFile } from './mcp-spool.ts';

/**
 * Labels of the calls on this host that hosts of MCP servers make now, of all tenants.
 * @param root contains a folder for each call
 */
export const mcpCallsIn = (root: string): Promise<string[]> => labelsOfCalls(root, labelIfOpen);

async function labelIfOpen(folder: string): Promise<string | undefined> {
  if (existsSync(join(folder, 'outcome.json'))) return undefined;
  const begun = await readMcpFile(folder, 'begun.json').catch(() => undefined);
  if (begun?.host === undefined) return undefined;
  return (await isSpoolOpen(begun.host)) ? begun.label : undefined;
}

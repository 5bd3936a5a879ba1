import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSpoolOpen } from './keeper/alive.ts';
import { attemptsIn } from './keeper/attempts.ts';
import { readMcpFile } from './mcp-spool.ts';

/** The calls that hosts of MCP servers make at the moment, as people name them. @param root holds a folder for each call */
export async function mcpCallsIn(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  const labels = names
    .filter((name) => name.includes('call_'))
    .map(async (name) => {
      const call = join(root, name);
      const attempts = await attemptsIn(call).catch(() => []);
      return Promise.all([call, ...attempts].map(labelIfOpen));
    });
  return (await Promise.all(labels)).flat().filter((label) => label !== undefined);
}

async function labelIfOpen(folder: string): Promise<string | undefined> {
  if (existsSync(join(folder, 'outcome.json'))) return undefined;
  const begun = await readMcpFile(folder, 'begun.json').catch(() => undefined);
  if (begun?.host === undefined) return undefined;
  return (await isSpoolOpen(begun.host)) ? begun.label : undefined;
}
